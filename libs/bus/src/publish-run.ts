import type { BusMessage } from '@uplift/contracts';
import type { CancelTimer, Clock } from '@uplift/runtime';
import type {
  BusConnection,
  PublishAnswer,
  PublishChannel,
  PublishFailureReason,
} from './bus-connection.port';

export interface PublishRunOptions {
  /** The first message published will have to be the one right after this sequence. */
  readonly after: number;
  /** Most messages sent and not yet confirmed; default 512. */
  readonly maxInFlight?: number;
  /** Longest silence of the bus while messages are in flight, in milliseconds; default 5,000. */
  readonly ackTimeoutMs?: number;
  /** Told of each message that the bus has confirmed. */
  readonly onConfirmed?: (sequence: number) => void;
}

/** A publish was not accepted; nothing sent after it counts. */
export class PublishFailedError extends Error {
  readonly code = 'publish-failed';
  constructor(
    readonly reason: PublishFailureReason,
    readonly sequence: number,
    detail: string,
  ) {
    super(`Message ${sequence} was not accepted (${reason}): ${detail}`);
  }
}

/**
 * One uninterrupted series of publishes, each naming the sequence that must precede it, confirmed through one
 * reply subject. The first failure ends the run: whatever was sent after it does not count.
 */
export class PublishRun {
  private readonly channel: PublishChannel;
  private readonly clock: Clock;
  private readonly maxInFlight: number;
  private readonly ackTimeoutMs: number;
  private readonly onConfirmed: PublishRunOptions['onConfirmed'];
  private readonly stopWatch: CancelTimer;
  private readonly stopListening: () => void;
  private readonly inFlight = new Map<number, string>();
  private readonly aborter = new AbortController();
  private lastHeard: number;
  private last: number;
  private readonly after: number;
  private confirmed: number;
  private wake: (() => void) | undefined;
  private failed: PublishFailedError | undefined;

  constructor(
    private readonly connection: BusConnection,
    { after, maxInFlight = 512, ackTimeoutMs = 5_000, onConfirmed }: PublishRunOptions,
  ) {
    this.clock = connection.clock;
    this.maxInFlight = maxInFlight;
    this.ackTimeoutMs = ackTimeoutMs;
    this.onConfirmed = onConfirmed;
    this.last = after;
    this.after = after;
    this.confirmed = after;
    this.lastHeard = this.clock.monotonic();
    this.channel = connection.openPublishing((sequence, answer) => this.onAnswer(sequence, answer));
    this.stopWatch = this.clock.every(ackTimeoutMs / 20, () => this.onTick());
    this.stopListening = connection.onReconnect(() =>
      this.giveUp('disconnected', 'the connection was lost'),
    );
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

  get hasConfirmed(): boolean {
    return this.confirmed > this.after;
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
    return this.inFlight.size >= this.maxInFlight;
  }

  /** Sends one message, and answers its sequence; wait for `room()` first. Throws the failure that ended the run. */
  publish(message: BusMessage, note = ''): number {
    if (this.failed) throw this.failed;
    if (this.inFlight.size === 0) this.lastHeard = this.clock.monotonic();
    const sequence = this.last + 1;
    this.channel.send(message, this.last);
    this.last = sequence;
    this.inFlight.set(sequence, note);
    return sequence;
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
    this.stopWatch();
    this.stopListening();
    this.channel.close();
    this.inFlight.clear();
    this.wake?.();
  }

  private progress(): Promise<void> {
    return new Promise((resolve) => (this.wake = resolve));
  }

  private onAnswer(sequence: number, answer: PublishAnswer): void {
    this.lastHeard = this.clock.monotonic();
    this.confirm(sequence, answer);
    this.inFlight.delete(sequence);
    this.wake?.();
  }

  private confirm(sequence: number, answer: PublishAnswer): void {
    if (answer.kind === 'failed') return this.fail(answer.reason, sequence, answer.detail);
    if (answer.sequence !== sequence)
      return this.fail('wrong-sequence', sequence, `stored at ${answer.sequence}`);
    if (this.failed) return;
    this.confirmed = sequence;
    this.onConfirmed?.(sequence);
  }

  private onTick(): void {
    if (this.inFlight.size === 0) return;
    if (!this.connection.isConnected) return this.giveUp('disconnected', 'the connection is lost');
    const silent = this.clock.monotonic() - this.lastHeard;
    if (silent >= this.ackTimeoutMs)
      this.giveUp('timeout', `no answer for ${Math.round(silent)} ms`);
  }

  /** Answers to what is in flight will not come, or too late. */
  private giveUp(reason: 'timeout' | 'disconnected', detail: string): void {
    if (this.inFlight.size === 0) return;
    this.fail(reason, this.confirmed + 1, detail);
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
