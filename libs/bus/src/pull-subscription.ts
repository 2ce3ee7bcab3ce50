import type { CancelTimer, Clock } from '@uplift/runtime';
import type { BusConnection, Delivery, Pull } from './bus-connection.port';

export interface PullOptions {
  readonly durable: string;
  readonly batch: number;
  /** How many messages the owner can take right now, and how many bytes. */
  readonly room: () => { readonly messages: number; readonly bytes: number };
  readonly onMessage: (message: Delivery) => void;
  /** The loop is alive: the server answered, or a pull ran out. */
  readonly onBeat: () => void;
}

/** The server says this often that it still knows an unanswered pull. */
const SERVER_HEARTBEAT_MS = 1_000;
const PULL_TIMES = { expiresMs: 5_000, heartbeatMs: SERVER_HEARTBEAT_MS };
/** A pull that the server no longer speaks of is lost: bus restarted or wiped, consumer gone. */
const LOST_AFTER_MS = 2_500;
/** Pause before asking again after a refusal, or for a consumer that does not exist. */
const REFUSED_PAUSE_MS = 250;

/** What is asked for in advance: the server gives to the oldest pulls first, and other processes want some too. */
const MOST_BATCHES = 2;

/** Larger than any message that the bus takes. */
const PULL_BYTES = 4 * 1_048_576;

interface OutstandingPull {
  credit: number;
  lastHeard: number;
  readonly handle: Pull;
}

/**
 * Keeps pulls of one durable consumer outstanding, never for more than its owner can take. The client's own `consume()`
 * counts a message as taken when it hands it to its callback, so one worker empties the server while others idle.
 */
export class PullSubscription {
  private readonly pulls = new Set<OutstandingPull>();
  private readonly clock: Clock;
  private readonly stopWatch: CancelTimer;
  private credit = 0;
  private asking: 'allowed' | 'paused' | 'stopped' = 'paused';

  constructor(
    private readonly connection: BusConnection,
    private readonly options: PullOptions,
  ) {
    this.clock = connection.clock;
    this.stopWatch = this.clock.every(SERVER_HEARTBEAT_MS, () => this.dropLost());
  }

  start(): void {
    void this.awaitConsumer();
  }

  /** Asks for more when there is room for at least half a batch, or nothing is outstanding. */
  fill(): void {
    if (this.asking !== 'allowed' || this.connection.isClosed) return;
    const { batch, room } = this.options;
    const { messages, bytes } = room();
    const wanted = Math.min(batch, messages - this.credit, MOST_BATCHES * batch - this.credit);
    if (wanted <= 0 || bytes < this.expectedBytes + PULL_BYTES) return;
    if (this.credit > 0 && wanted < batch / 2) return;
    this.ask(wanted);
  }

  /** What may come for the pulls that are outstanding. */
  get expectedBytes(): number {
    return this.pulls.size * PULL_BYTES;
  }

  /** After a reconnect the server knows none of the pulls any more. */
  restart(): void {
    this.pulls.forEach((pull) => this.end(pull));
    this.pause();
  }

  /** Asks for nothing more; what the server had already sent is still handed on. */
  async stop(): Promise<void> {
    this.asking = 'stopped';
    this.stopWatch();
    if (!this.connection.isConnected) return;
    await Promise.allSettled([...this.pulls].map((pull) => pull.handle.drain()));
  }

  private ask(batch: number): void {
    const { durable } = this.options;
    const pull: OutstandingPull = {
      credit: batch,
      lastHeard: this.clock.monotonic(),
      handle: this.connection.pull(
        { durable, batch, maxBytes: PULL_BYTES, ...PULL_TIMES },
        {
          onDelivery: (delivery) => this.receive(pull, delivery),
          onHeartbeat: () => this.hear(pull),
          onEnd: (reason) => (reason === 'expired' ? this.expired(pull) : this.refused(pull)),
        },
      ),
    };
    this.pulls.add(pull);
    this.credit += batch;
  }

  private hear(pull: OutstandingPull): void {
    pull.lastHeard = this.clock.monotonic();
    this.options.onBeat();
  }

  private receive(pull: OutstandingPull, delivery: Delivery): void {
    this.hear(pull);
    pull.credit -= 1;
    if (this.pulls.has(pull)) this.credit -= 1;
    if (pull.credit === 0) this.end(pull);
    this.options.onMessage(delivery);
  }

  private expired(pull: OutstandingPull): void {
    this.options.onBeat();
    this.end(pull);
    this.fill();
  }

  private refused(pull: OutstandingPull): void {
    this.end(pull);
    this.pause();
  }

  private dropLost(): void {
    // Nothing is asked for while the owner has all that it can take.
    const { messages, bytes } = this.options.room();
    if (messages <= 0 || bytes < PULL_BYTES) this.options.onBeat();
    const oldest = this.clock.monotonic() - LOST_AFTER_MS;
    const lost = [...this.pulls].filter((pull) => pull.lastHeard < oldest);
    lost.forEach((pull) => this.refused(pull));
  }

  private end(pull: OutstandingPull): void {
    if (!this.pulls.delete(pull)) return;
    this.credit -= pull.credit;
    if (this.asking !== 'stopped') pull.handle.close();
  }

  private pause(): void {
    if (this.asking !== 'allowed') return;
    this.asking = 'paused';
    void this.awaitConsumer();
  }

  /** The server drops a pull of an unknown consumer without a word, so its existence is asked for first. */
  private async awaitConsumer(): Promise<void> {
    while (this.asking === 'paused' && !(await this.connection.hasConsumer(this.options.durable))) {
      this.options.onBeat();
      await this.clock.pause(REFUSED_PAUSE_MS);
    }
    if (this.asking !== 'paused') return;
    this.asking = 'allowed';
    this.fill();
  }
}
