import type { Msg, NatsConnection } from 'nats';
import type { ReceivedMessage } from '@uplift/contracts';
import type { AckAction } from './ack-policy';
import { headerRecord } from './header-record';

const NANOS_PER_MS = 1_000_000;
const DELIVERED_TOKEN = -5;
const SEQUENCE_TOKEN = -4;

/** One delivered message of a pull consumer; its reply subject is the way to answer for it. */
export class JetStreamMessage implements ReceivedMessage {
  readonly deliveryCount: number;
  readonly sequence: number;
  readonly subject: string;
  private readonly reply: string;
  private answered = false;

  constructor(
    private readonly nats: NatsConnection,
    private readonly message: Msg,
  ) {
    this.subject = message.subject;
    this.reply = message.reply ?? '';
    const tokens = ackTokens(this.reply);
    this.deliveryCount = Number(tokens.at(DELIVERED_TOKEN));
    this.sequence = Number(tokens.at(SEQUENCE_TOKEN));
  }

  static isDelivery(message: Msg): boolean {
    return message.reply?.startsWith('$JS.ACK.') === true;
  }

  get headers(): Record<string, string> {
    return headerRecord(this.message);
  }

  get payload(): Uint8Array {
    return this.message.data;
  }

  /** Tells the server that the message is still in hand. */
  keep(): void {
    this.send('+WPI');
  }

  settle(action: AckAction): void {
    if (this.answered) return;
    this.answered = true;
    this.send(answerText(action));
  }

  private send(text: string): void {
    if (this.nats.isClosed()) return;
    this.nats.publish(this.reply, Buffer.from(text));
  }
}

function answerText(action: AckAction): string {
  if (action.kind === 'ack') return '+ACK';
  if (action.kind === 'term') return '+TERM';
  if (action.delayMs === 0) return '-NAK';
  return `-NAK ${JSON.stringify({ delay: action.delayMs * NANOS_PER_MS })}`;
}

/** `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>`; newer servers put
 * domain and account before the stream and may append a token. */
function ackTokens(reply: string): string[] {
  const tokens = reply.split('.');
  return tokens.length > 11 ? tokens.slice(0, 11) : tokens;
}
