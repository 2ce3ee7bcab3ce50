import { UnknownEventError } from '@uplift/contracts';
import type { BackoffOptions, Clock, Randomness } from '@uplift/runtime';
import { Backoff, beatWhile, errorMessage, failpoint } from '@uplift/runtime';
import {
  EventStoreRefusedError,
  EventStoreUnavailableError,
  PositionNotFoundError,
} from './event-store.port';
import type { AllEventsBatch, EventStore } from './event-store.port';
import type { FoldPlace } from './checkpoint-stream';
import type { TailCheckpoints } from './tail-checkpoints';
import type { TailListener, UnreadableEvent } from './tail-listeners';
import { TailListeners } from './tail-listeners';

/** Position after which a subscription begins; null: with the first event. */
export type TailStart = (ending: AbortSignal) => Promise<bigint | null>;

export interface AllTailOptions {
  readonly clock: Clock;
  readonly randomness: Randomness;
  /**
   * `first-event` (default) and `end` (of the store as it is when the tail starts) go on after the newest event handed
   * on when a subscription breaks. A function is asked before each subscription.
   */
  readonly from?: 'first-event' | 'end' | TailStart;
  /** Awaited before the listeners get the batch, so that a slow consumer holds the store back. */
  readonly consume?: (batch: AllEventsBatch, ending: AbortSignal) => Promise<void>;
  /** Told of each break; `isRepeated`: the one before it had the same reason, and nothing came between them. */
  readonly onBreak?: (error: unknown, isRepeated: boolean) => void;
  /** The loop turns: called with each batch and each break, and every few seconds while nothing comes. */
  readonly onBeat?: () => void;
  /**
   * The store is not the one that this tail has read: called where `from` is the first event, and what the listeners
   * remember is of no use any more.
   */
  readonly onAnotherStore?: (error: PositionNotFoundError) => void;
  /** Where `from` is the first event: what the listeners have folded, so that a start need not read everything again. */
  readonly checkpoints?: TailCheckpoints;
  /** As a subscription of the store has it. */
  readonly withoutTypes?: readonly string[];
  readonly maxBatch?: number;
  /** How long events lie before they are handed on, while there is less than a batch: as in SubscribeToAllOptions. */
  readonly gather?: () => Promise<void> | undefined;
  readonly backoff?: BackoffOptions;
}

const BACKOFF: BackoffOptions = { longestMs: 1_000 };

/**
 * The one `$all` subscription of a process: hands every event on, in store order, and subscribes again after every
 * break. There are two ways to use it:
 *
 * - Several listeners that are fast and keep their own state: `add` them, before `start` to miss nothing. Memory of
 *   the whole store: `from` absent, `hasCaughtUp` says when it is complete; with `checkpoints` listeners that keep
 *   state name it in `folds`. Live events only: `from: 'end'`.
 * - One consumer with a checkpoint of its own (relay, projector): `from` does what has to be done before a
 *   subscription (wait for a turn, read the checkpoint) and answers with it; `consume` writes the batch. Both get a
 *   signal that ends with the subscription. To begin again at another checkpoint: `resubscribe()`, without a pause, or
 *   throw, with one.
 */
export class AllTail {
  private readonly listeners: TailListeners;
  private readonly waiting = new Set<() => void>();
  private readonly backoff: Backoff;
  private subscription = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private isStopped = false;
  /** Of ours. Undefined until the first subscription, null before the first event. */
  private seen: bigint | null | undefined;
  /** The event at that position, if this tail has seen it itself. */
  private place: FoldPlace | undefined;
  /** Of any event: a subscription goes on from here. */
  private lookedUpTo: bigint | null = null;
  private skipped = 0;
  private isAtEnd = false;
  private problem: string | undefined = 'starting';

  constructor(
    private readonly store: EventStore,
    private readonly options: AllTailOptions,
  ) {
    const isWhole = (options.from ?? 'first-event') === 'first-event';
    this.listeners = new TailListeners(isWhole ? 0 : undefined);
    this.backoff = new Backoff(options.randomness, options.backoff ?? BACKOFF);
  }

  /** Position of the newest event handed on, or after which the tail began; 0 for neither. */
  get position(): bigint {
    return this.seen ?? 0n;
  }

  /** Whether all that the store holds was handed on; false again after a break. */
  get hasCaughtUp(): boolean {
    return this.isAtEnd;
  }

  /** Why nothing is handed on at present; undefined when all is well. */
  get reason(): string | undefined {
    return this.problem;
  }

  /** The first event of each instance that cannot be read: nothing after it is handed on. */
  get setAside(): ReadonlyMap<string, UnreadableEvent> {
    return this.listeners.setAside;
  }

  /** Why this build is too old for the store, in words; undefined if it is not, as far as was seen. */
  get tooOldFor(): string | undefined {
    const { newer } = this.listeners;
    return newer && new UnknownEventError(newer).message;
  }

  /** Events of other programs that were skipped since the start. */
  get foreignEvents(): number {
    return this.skipped;
  }

  get listenerCount(): number {
    return this.listeners.all.size;
  }

  start(): void {
    this.running = this.run();
  }

  /** Resolves when nothing is handed on any more. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.subscription.abort();
    for (const listener of this.listeners.all) listener.onStop?.();
    this.announce();
    await this.running;
  }

  /** Before a calm end: whoever starts next goes on from here. */
  async noteFolds(): Promise<void> {
    await this.options.checkpoints?.finish(this.place, this.listeners.folds);
  }

  add(listener: TailListener): void {
    if (this.isStopped) return listener.onStop?.();
    this.listeners.all.add(listener);
  }

  remove(listener: TailListener): void {
    this.listeners.all.delete(listener);
  }

  /** Ends the subscription and begins another at once. */
  resubscribe(): void {
    this.subscription.abort();
  }

  /** False if it is still not known after `limitMs` where the tail begins. */
  startedWithin(limitMs: number): Promise<boolean> {
    return this.within(limitMs, () => this.seen !== undefined);
  }

  /** False if the tail has still not caught up after `limitMs`. */
  caughtUpWithin(limitMs: number): Promise<boolean> {
    return this.within(limitMs, () => this.isAtEnd);
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      this.subscription = new AbortController();
      const { signal } = this.subscription;
      await this.follow(signal).catch((error: unknown) => this.afterBreak(error, signal));
      this.isAtEnd = false;
    }
  }

  private async follow(ending: AbortSignal): Promise<void> {
    const after = await this.startOf(ending);
    this.announce();
    for await (const batch of this.eachOf(this.subscribed(after, ending))) {
      await failpoint('tail.batch');
      await this.options.consume?.(batch, ending);
      if (ending.aborted) return;
      this.handOn(batch);
    }
    if (!ending.aborted) throw new EventStoreUnavailableError('The subscription has ended');
  }

  private subscribed(after: bigint | null, signal: AbortSignal): AsyncIterable<AllEventsBatch> {
    const { maxBatch, gather, withoutTypes } = this.options;
    const afterId = after === this.seen ? this.place?.eventId : undefined;
    return this.store.subscribeToAll({
      ...(after === null ? {} : { after }),
      ...(afterId === undefined ? {} : { afterId }),
      ...(maxBatch === undefined ? {} : { maxBatch }),
      ...(gather === undefined ? {} : { gather }),
      ...(withoutTypes === undefined ? {} : { withoutTypes }),
      signal,
    });
  }

  /** Waiting for the next batch may take any time, and beats; what is done with it does not. */
  private async *eachOf(batches: AsyncIterable<AllEventsBatch>): AsyncGenerator<AllEventsBatch> {
    const iterator = batches[Symbol.asyncIterator]();
    const wait = () => beatWhile(iterator.next(), this.options);
    try {
      for (let next = await wait(); next.done !== true; next = await wait()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }

  private async startOf(ending: AbortSignal): Promise<bigint | null> {
    const { from = 'first-event' } = this.options;
    if (typeof from !== 'function' && this.seen !== undefined) return this.lookedUpTo;
    this.place = undefined;
    if (typeof from === 'function') this.seen = await from(ending);
    else this.seen = from === 'end' ? await this.store.lastPosition() : await this.restored();
    this.lookedUpTo = this.seen;
    return this.seen;
  }

  /** Up to where the listeners know everything already. */
  private async restored(): Promise<bigint | null> {
    const restoring = this.options.checkpoints?.restore(this.listeners.folds);
    if (restoring === undefined) return null;
    const place = await beatWhile(restoring, this.options);
    this.place = place ?? undefined;
    this.listeners.tellRestored();
    return place?.position ?? null;
  }

  private handOn({ events, foreign, upTo, caughtUp }: AllEventsBatch): void {
    for (const event of events) {
      this.listeners.tell(event, this.isAtEnd);
      const { id: eventId, position, metadata } = event;
      this.seen = position;
      this.place = { position, eventId, hash: metadata.hash };
      this.lookedUpTo = position;
    }
    this.lookedUpTo = upTo;
    this.skipped += foreign;
    this.isAtEnd = caughtUp;
    this.problem = undefined;
    this.backoff.reset();
    for (const listener of this.listeners.all) listener.onBatch?.();
    this.options.checkpoints?.passed(events.length, this.place, this.listeners.folds);
    this.announce();
  }

  private async afterBreak(error: unknown, ending: AbortSignal): Promise<void> {
    this.isAtEnd = false;
    if (ending.aborted) return;
    this.options.onBeat?.();
    if (error instanceof PositionNotFoundError) this.onMissingPlace(error);
    const isRefused = error instanceof EventStoreRefusedError;
    const isAway = error instanceof EventStoreUnavailableError && !isRefused;
    const reason = isAway ? 'the event store does not answer' : errorMessage(error);
    const isRepeated = reason === this.problem;
    this.problem = reason;
    this.options.onBreak?.(error, isRepeated);
    await this.options.clock.idle(this.backoff.next(), ending);
  }

  /** A foreign event may have been cleared away since it was looked at; one of ours is where it was. */
  private onMissingPlace(error: PositionNotFoundError): void {
    const wasForeign = this.lookedUpTo !== this.seen;
    this.lookedUpTo = this.seen ?? null;
    if (wasForeign) return;
    if (this.options.from === 'end') this.beginAtEnd();
    else this.options.onAnotherStore?.(error);
  }

  /** Who listens has places in another store: for them it is over. */
  private beginAtEnd(): void {
    this.seen = undefined;
    this.place = undefined;
    for (const listener of this.listeners.all) {
      this.remove(listener);
      listener.onStop?.();
    }
  }

  private async within(limitMs: number, holds: () => boolean): Promise<boolean> {
    let isOver = false;
    const cancel = this.options.clock.after(limitMs, () => {
      isOver = true;
      this.announce();
    });
    while (!holds() && !isOver && !this.isStopped) {
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
    cancel();
    return holds();
  }

  private announce(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }
}
