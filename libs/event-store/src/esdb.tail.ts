import type { AllStreamResolvedEvent, AllStreamSubscription } from '@eventstore/db-client';
import type { StoredEvent } from '@uplift/contracts';
import { isForeign, isOurs } from '@uplift/contracts';
import { unavailable } from './esdb.calls';
import { fromEsdbEvent } from './esdb.event-codec';
import { DEFAULT_MAX_BATCH } from './event-store.port';
import type { AllEventsBatch, SubscribeToAllOptions } from './event-store.port';

/**
 * Turns the client's `$all` subscription into batches. Events are gathered as they come, without a promise each; a
 * full buffer pauses the subscription and with it the server.
 */
export class EsdbTail {
  private readonly maxBatch: number;
  private buffer: StoredEvent[] = [];
  private received = 0;
  /** Since the last batch. */
  private foreign = 0;
  private upTo: bigint | null;
  private caughtUpAt = Infinity;
  private announced = false;
  private stopped = false;
  private failure: unknown;
  private wake: (() => void) | undefined;

  constructor(
    private readonly subscription: AllStreamSubscription,
    private readonly options: SubscribeToAllOptions,
  ) {
    this.maxBatch = options.maxBatch ?? DEFAULT_MAX_BATCH;
    this.upTo = options.after ?? null;
    subscription
      .on('data', this.receive)
      .on('caughtUp', this.reachEnd)
      .on('error', this.fail)
      .on('end', () => this.fail(new Error('the subscription was ended by the server')));
  }

  async *batches(): AsyncGenerator<AllEventsBatch> {
    const { signal } = this.options;
    signal?.addEventListener('abort', this.stop);
    if (signal?.aborted) this.stop();
    while (!this.stopped) {
      const batch = this.nextBatch();
      if (batch) yield batch;
      else if (this.failure !== undefined) throw unavailable(this.failure);
      else await this.nextArrival();
    }
  }

  readonly stop = (): void => {
    if (this.stopped) return;
    this.stopped = true;
    this.options.signal?.removeEventListener('abort', this.stop);
    this.subscription.unsubscribe().catch(() => undefined);
    this.subscription.resume();
    this.arrived();
  };

  private readonly receive = ({ event }: AllStreamResolvedEvent): void => {
    if (this.stopped) return;
    this.received += 1;
    if (event) this.take(event);
    if (this.buffer.length >= this.maxBatch) this.subscription.pause();
    this.arrived();
  };

  /** The signal overtakes events that the client has converted but not handed over yet. */
  private readonly reachEnd = (): void => {
    this.caughtUpAt = Math.min(this.caughtUpAt, this.received + this.subscription.readableLength);
    this.arrived();
  };

  private readonly fail = (error: unknown): void => {
    this.failure ??= error;
    this.arrived();
  };

  private take(event: NonNullable<AllStreamResolvedEvent['event']>): void {
    const { streamId: stream, type, metadata, position } = event;
    this.upTo = position.commit;
    if (isOurs({ stream, type, metadata })) this.buffer.push(fromEsdbEvent(event, position.commit));
    else if (isForeign({ stream, type, metadata })) this.foreign += 1;
  }

  private nextBatch(): AllEventsBatch | undefined {
    const caughtUp = this.received >= this.caughtUpAt;
    if (this.buffer.length + this.foreign === 0 && caughtUp === this.announced) return undefined;
    const { buffer: events, foreign, upTo } = this;
    this.buffer = [];
    this.foreign = 0;
    this.announced = caughtUp;
    if (this.subscription.isPaused()) this.subscription.resume();
    return { events, foreign, upTo, caughtUp };
  }

  private nextArrival(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  /** Waits for the end of the turn, so that events of one network read share a batch. */
  private arrived(): void {
    if (!this.wake) return;
    const { wake } = this;
    this.wake = undefined;
    setImmediate(wake);
  }
}
