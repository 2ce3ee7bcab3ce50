import type { Msg, NatsConnection, Subscription } from 'nats';
import { EVENTS_STREAM } from '@uplift/contracts';
import type { BusConnection } from './bus-connection';
import { JetStreamMessage } from './jetstream-message';

export interface PullOptions {
  readonly durable: string;
  readonly batch: number;
  /** How many messages the owner can take right now. */
  readonly room: () => number;
  readonly onMessage: (message: JetStreamMessage) => void;
  /** The loop is alive: the server answered, or a pull ran out. */
  readonly onBeat: () => void;
}

/** How long one pull waits for messages at the server. */
const PULL_EXPIRES_MS = 5_000;
/** A pull that the server has not ended by then is lost: bus restarted or wiped. */
const PULL_LOST_AFTER_MS = PULL_EXPIRES_MS + 2_000;
/** Pause before asking again after a refusal (consumer missing, server starting). */
const REFUSED_PAUSE_MS = 250;
const NANOS_PER_MS = 1_000_000;

const HEARTBEAT = 100;
const NOTHING_MORE = [404, 408];

interface Pull {
  credit: number;
  readonly subscription: Subscription;
  readonly lost: NodeJS.Timeout;
}

/**
 * Keeps pulls of one durable consumer outstanding. Each pull has a subscription of its own: messages arrive
 * under their event subject, so only the subscription tells which pull they belong to.
 */
export class PullSubscription {
  private readonly pulls = new Set<Pull>();
  private credit = 0;
  private pause: NodeJS.Timeout | undefined;
  private stopped = false;

  private readonly nats: NatsConnection;

  constructor(
    private readonly connection: BusConnection,
    private readonly options: PullOptions,
  ) {
    this.nats = connection.nats;
  }

  /** Asks for more when there is room for at least half a batch, or nothing is outstanding. */
  fill(): void {
    if (this.stopped || this.pause || this.nats.isClosed()) return;
    const { batch, room } = this.options;
    const wanted = Math.min(batch, room() - this.credit);
    if (wanted <= 0) return;
    if (this.credit > 0 && wanted < batch / 2) return;
    this.ask(wanted);
  }

  /** After a reconnect the server knows none of the pulls any more. */
  restart(): void {
    this.pulls.forEach((pull) => this.end(pull));
    this.fill();
  }

  /** Asks for nothing more; what the server had already sent is still handed on. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.pause);
    const open = [...this.pulls];
    open.forEach((pull) => clearTimeout(pull.lost));
    if (this.nats.isClosed()) return;
    await Promise.allSettled(open.map((pull) => pull.subscription.drain()));
  }

  private ask(batch: number): void {
    const inbox = this.connection.newInbox();
    const pull: Pull = {
      credit: batch,
      subscription: this.nats.subscribe(inbox, {
        callback: (error, message) => (error ? this.refused(pull) : this.receive(pull, message)),
      }),
      lost: setTimeout(() => this.ended(pull), PULL_LOST_AFTER_MS),
    };
    this.pulls.add(pull);
    this.credit += batch;
    this.nats.publish(
      `$JS.API.CONSUMER.MSG.NEXT.${EVENTS_STREAM}.${this.options.durable}`,
      JSON.stringify({ batch, expires: PULL_EXPIRES_MS * NANOS_PER_MS }),
      { reply: inbox },
    );
  }

  private receive(pull: Pull, message: Msg): void {
    this.options.onBeat();
    if (!JetStreamMessage.isDelivery(message)) return this.receiveStatus(pull, message);
    pull.credit -= 1;
    if (this.pulls.has(pull)) this.credit -= 1;
    if (pull.credit === 0) this.end(pull);
    this.options.onMessage(new JetStreamMessage(this.nats, message));
  }

  private receiveStatus(pull: Pull, message: Msg): void {
    const code = message.headers?.code ?? 0;
    if (code === HEARTBEAT) return;
    if (NOTHING_MORE.includes(code)) return this.ended(pull);
    this.refused(pull);
  }

  private refused(pull: Pull): void {
    this.end(pull);
    if (this.stopped || this.pause) return;
    this.pause = setTimeout(() => {
      this.pause = undefined;
      this.options.onBeat();
      this.fill();
    }, REFUSED_PAUSE_MS);
  }

  private ended(pull: Pull): void {
    this.end(pull);
    this.options.onBeat();
    this.fill();
  }

  private end(pull: Pull): void {
    if (!this.pulls.delete(pull)) return;
    clearTimeout(pull.lost);
    this.credit -= pull.credit;
    if (!this.stopped && !this.nats.isClosed()) pull.subscription.unsubscribe();
  }
}
