import { setTimeout } from 'node:timers/promises';
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
/** The server says this often that it still knows an unanswered pull. */
const SERVER_HEARTBEAT_MS = 1_000;
/** A pull that the server no longer speaks of is lost: bus restarted or wiped, consumer gone. */
const LOST_AFTER_MS = 2_500;
/** Pause before asking again after a refusal, or for a consumer that does not exist. */
const REFUSED_PAUSE_MS = 250;
const NANOS_PER_MS = 1_000_000;

/** What is asked for in advance: the server gives to the oldest pulls first, and other processes want some too. */
const MOST_BATCHES = 2;

const ONE_SECOND = { timeout: 1_000 };
const HEARTBEAT = 100;
const NOTHING_MORE = [404, 408];

interface Pull {
  credit: number;
  lastHeard: number;
  readonly subscription: Subscription;
}

/**
 * Keeps pulls of one durable consumer outstanding. Each pull has a subscription of its own: messages arrive
 * under their event subject, so only the subscription tells which pull they belong to.
 */
export class PullSubscription {
  private readonly pulls = new Set<Pull>();
  private readonly nats: NatsConnection;
  private readonly api: string;
  private readonly watch: NodeJS.Timeout;
  private credit = 0;
  private asking: 'allowed' | 'paused' | 'stopped' = 'paused';

  constructor(
    private readonly connection: BusConnection,
    private readonly options: PullOptions,
  ) {
    this.nats = connection.nats;
    this.api = `${EVENTS_STREAM}.${options.durable}`;
    this.watch = setInterval(() => this.dropLost(), SERVER_HEARTBEAT_MS);
  }

  start(): void {
    void this.awaitConsumer();
  }

  /** Asks for more when there is room for at least half a batch, or nothing is outstanding. */
  fill(): void {
    if (this.asking !== 'allowed' || this.nats.isClosed()) return;
    const { batch, room } = this.options;
    const wanted = Math.min(batch, room() - this.credit, MOST_BATCHES * batch - this.credit);
    if (wanted <= 0) return;
    if (this.credit > 0 && wanted < batch / 2) return;
    this.ask(wanted);
  }

  /** After a reconnect the server knows none of the pulls any more. */
  restart(): void {
    this.pulls.forEach((pull) => this.end(pull));
    this.pause();
  }

  /** Asks for nothing more; what the server had already sent is still handed on. */
  async stop(): Promise<void> {
    this.asking = 'stopped';
    clearInterval(this.watch);
    if (!this.connection.isConnected) return;
    await Promise.allSettled([...this.pulls].map((pull) => pull.subscription.drain()));
  }

  private ask(batch: number): void {
    const inbox = this.connection.newInbox();
    const pull: Pull = {
      credit: batch,
      lastHeard: performance.now(),
      subscription: this.nats.subscribe(inbox, {
        callback: (error, message) => (error ? this.refused(pull) : this.receive(pull, message)),
      }),
    };
    this.pulls.add(pull);
    this.credit += batch;
    const request = {
      batch,
      expires: PULL_EXPIRES_MS * NANOS_PER_MS,
      idle_heartbeat: SERVER_HEARTBEAT_MS * NANOS_PER_MS,
    };
    this.nats.publish(`$JS.API.CONSUMER.MSG.NEXT.${this.api}`, JSON.stringify(request), {
      reply: inbox,
    });
  }

  private receive(pull: Pull, message: Msg): void {
    pull.lastHeard = performance.now();
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
    if (!NOTHING_MORE.includes(code)) return this.refused(pull);
    this.end(pull);
    this.fill();
  }

  private refused(pull: Pull): void {
    this.end(pull);
    this.pause();
  }

  private dropLost(): void {
    const oldest = performance.now() - LOST_AFTER_MS;
    const lost = [...this.pulls].filter((pull) => pull.lastHeard < oldest);
    lost.forEach((pull) => this.refused(pull));
  }

  private end(pull: Pull): void {
    if (!this.pulls.delete(pull)) return;
    this.credit -= pull.credit;
    if (this.asking !== 'stopped' && !this.nats.isClosed()) pull.subscription.unsubscribe();
  }

  private pause(): void {
    if (this.asking !== 'allowed') return;
    this.asking = 'paused';
    void this.awaitConsumer();
  }

  /** The server drops a pull of an unknown consumer without a word, so its existence is asked for first. */
  private async awaitConsumer(): Promise<void> {
    while (this.asking === 'paused' && !(await this.consumerExists())) {
      this.options.onBeat();
      await setTimeout(REFUSED_PAUSE_MS);
    }
    if (this.asking !== 'paused') return;
    this.asking = 'allowed';
    this.fill();
  }

  private async consumerExists(): Promise<boolean> {
    try {
      const answer = await this.nats.request(`$JS.API.CONSUMER.INFO.${this.api}`, '', ONE_SECOND);
      return !('error' in answer.json<object>());
    } catch {
      return false;
    }
  }
}
