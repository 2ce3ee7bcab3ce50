import type { Msg, Subscription } from 'nats';
import type { BusMessage } from '@uplift/contracts';
import type { BusConnection } from './bus-connection';
import { PreparedHeaders } from './prepared-headers';
import { PublishFailedError, type PublishFailureReason } from './publish.errors';

export interface PublishRunOptions {
  readonly after: number;
  readonly maxInFlight: number;
  readonly ackTimeoutMs: number;
}

interface PublishAnswer {
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly error?: { readonly err_code?: number; readonly description?: string };
}

const WRONG_LAST_SEQUENCE = 10_071;

/**
 * One uninterrupted series of publishes, each naming the sequence that must precede it, confirmed through one
 * reply subject. The first failure ends the run: whatever was sent after it does not count.
 */
export class PublishRun {
  private readonly inbox: string;
  private readonly subscription: Subscription;
  private readonly watch: NodeJS.Timeout;
  private readonly stopListening: () => void;
  private readonly inFlight = new Map<number, string>();
  private readonly aborter = new AbortController();
  private lastHeard = performance.now();
  private last: number;
  private confirmed: number;
  private wake: (() => void) | undefined;
  private failed: PublishFailedError | undefined;

  constructor(
    private readonly connection: BusConnection,
    private readonly options: PublishRunOptions,
  ) {
    this.last = options.after;
    this.confirmed = options.after;
    this.inbox = connection.newInbox();
    this.subscription = connection.nats.subscribe(`${this.inbox}.*`, {
      callback: (error, message) =>
        error ? this.fail('refused', this.last, error.message) : this.onAnswer(message),
    });
    this.watch = setInterval(() => this.onTick(), options.ackTimeoutMs / 20);
    this.stopListening = connection.onReconnect(() => this.giveUp('the connection was lost'));
  }

  /** Aborted by the first failure. */
  get signal(): AbortSignal {
    return this.aborter.signal;
  }

  get failure(): PublishFailedError | undefined {
    return this.failed;
  }

  /** Sequence of the last message that the bus has confirmed. */
  get confirmedSequence(): number {
    return this.confirmed;
  }

  get unconfirmed(): number {
    return this.inFlight.size;
  }

  /** The note given with the oldest message that is not confirmed. */
  get oldestNote(): string | undefined {
    const [oldest] = this.inFlight.values();
    return oldest;
  }

  get isFull(): boolean {
    return this.inFlight.size >= this.options.maxInFlight;
  }

  /** Sends one message; wait for `room()` first. Throws the failure that ended the run. */
  publish(message: BusMessage, note = ''): void {
    if (this.failed) throw this.failed;
    if (this.inFlight.size === 0) this.lastHeard = performance.now();
    const expected = this.last;
    const sequence = expected + 1;
    this.connection.nats.publish(message.subject, message.payload, {
      reply: `${this.inbox}.${sequence}`,
      headers: new PreparedHeaders(message.headers, expected),
    });
    this.last = sequence;
    this.inFlight.set(sequence, note);
  }

  /** Resolves as soon as one more message may be sent, or the run has failed. */
  async room(): Promise<void> {
    while (this.isFull && !this.failed) await this.progress();
  }

  /** Resolves when every message sent is confirmed, or answered or given up after a failure. */
  async settled(): Promise<void> {
    while (this.inFlight.size > 0) await this.progress();
  }

  close(): void {
    clearInterval(this.watch);
    this.stopListening();
    if (!this.connection.nats.isClosed()) this.subscription.unsubscribe();
    this.inFlight.clear();
    this.wake?.();
  }

  private progress(): Promise<void> {
    return new Promise((resolve) => (this.wake = resolve));
  }

  private onAnswer(message: Msg): void {
    const sequence = Number(message.subject.slice(this.inbox.length + 1));
    this.lastHeard = performance.now();
    this.judge(sequence, message);
    this.inFlight.delete(sequence);
    this.wake?.();
  }

  private judge(sequence: number, message: Msg): void {
    if (message.data.byteLength === 0) return this.fail('no-stream', sequence, 'nobody answered');
    const { seq, duplicate, error } = message.json<PublishAnswer>();
    if (error) {
      const reason = error.err_code === WRONG_LAST_SEQUENCE ? 'wrong-sequence' : 'refused';
      return this.fail(reason, sequence, error.description ?? 'no reason given');
    }
    if (duplicate) return this.fail('duplicate', sequence, 'taken for a repeat');
    if (seq !== sequence) return this.fail('wrong-sequence', sequence, `stored at ${seq}`);
    if (!this.failed) this.confirmed = sequence;
  }

  private onTick(): void {
    if (this.inFlight.size === 0) return;
    if (!this.connection.isConnected) return this.giveUp('the connection is lost');
    const silent = performance.now() - this.lastHeard;
    if (silent >= this.options.ackTimeoutMs) this.giveUp(`no answer for ${Math.round(silent)} ms`);
  }

  /** Answers to what is in flight will not come, or too late. */
  private giveUp(detail: string): void {
    if (this.inFlight.size === 0) return;
    this.fail('timeout', this.confirmed + 1, detail);
    this.inFlight.clear();
    this.wake?.();
  }

  private fail(reason: PublishFailureReason, sequence: number, detail: string): void {
    if (this.failed) return;
    this.failed = new PublishFailedError(reason, sequence, detail);
    this.aborter.abort(this.failed);
    this.wake?.();
  }
}
