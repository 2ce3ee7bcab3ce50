import type { CancelTimer, Clock } from '@uplift/runtime';
import type { NatsConnection } from 'nats';
import type { AckAction } from './ack-policy';

const NANOS_PER_MS = 1_000_000;
const STILL_IN_HAND = '+WPI';

/** Nobody waits for an answer, and each that leaves alone is a write to the socket of its own. */
const TOGETHER_MS = 5;

type Nats = Pick<NatsConnection, 'publish' | 'isClosed' | 'isDraining'>;

/** Answers to the messages of one connection: those of a few milliseconds leave together. */
export class NatsAnswers {
  private waiting: { readonly reply: string; readonly text: string }[] = [];
  private callOff: CancelTimer = () => undefined;

  constructor(
    private readonly nats: Nats,
    private readonly clock: Clock,
  ) {}

  /** @param reply the subject by which the bus knows the message */
  settle(reply: string, action: AckAction): void {
    this.add(reply, textOf(action));
  }

  keep(reply: string): void {
    this.add(reply, STILL_IN_HAND);
  }

  /** All that wait leave now. A connection that is being closed takes none: what they are of is handed out again. */
  send(): void {
    this.callOff();
    const answers = this.waiting;
    this.waiting = [];
    if (this.nats.isClosed() || this.nats.isDraining()) return;
    for (const { reply, text } of answers) this.nats.publish(reply, text);
  }

  private add(reply: string, text: string): void {
    this.waiting.push({ reply, text });
    if (this.waiting.length > 1) return;
    this.callOff = this.clock.after(TOGETHER_MS, () => this.send());
  }
}

function textOf(action: AckAction): string {
  if (action.kind === 'ack') return '+ACK';
  if (action.kind === 'term') return '+TERM';
  if (action.delayMs === 0) return '-NAK';
  return `-NAK ${JSON.stringify({ delay: action.delayMs * NANOS_PER_MS })}`;
}
