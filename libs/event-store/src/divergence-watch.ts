import type { StoredEvent } from '@uplift/contracts';
import type { DivergedMessage } from '@uplift/domain';
import type { Clock, Randomness } from '@uplift/runtime';
import { beatWhile } from '@uplift/runtime';
import {
  EventStoreUnavailableError,
  loadOrEmpty,
  NO_STREAM,
  StreamGoneError,
} from './event-store.port';
import type { EventStore } from './event-store.port';
import { hashOfEvent } from './hash-chain';

/** The bus holds events that the store does not: until an operator has decided, nothing is appended. */
export class StoreDivergedError extends Error {
  readonly code = 'store-diverged';
  constructor({ sequence, eventId }: DivergedMessage) {
    super(
      `The store does not have event ${eventId}, which message ${sequence} of the bus carries: it is another store or an older copy, and an operator has to decide (uplift system accept-store)`,
    );
  }
}

/** A message of the relay. */
export interface RelayedMessage {
  readonly event: StoredEvent;
  readonly epoch: string;
  readonly sequence: number;
}

/** The newest message of the relay, null if there is none. Rejects, soon, if the bus does not answer. */
export type NewestOnBus = () => Promise<RelayedMessage | null>;

export interface DivergenceWatchPorts {
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** A look has ended, or the next one is waited for. */
  readonly onBeat?: () => void;
}

/** Pause between two looks, in ms; up to half as long again, so that processes keep no step. */
const LOOK_MS = 5_000;
/** Longest wait of an append for the look that it needs, in ms. */
const LONGEST_WAIT_MS = 1_000;

/**
 * Compares the newest event on the bus with the store: at the start, every few seconds, and before the next append
 * whenever the store was away. A bus that is away says nothing, and changes nothing.
 */
export class DivergenceWatch {
  private found: DivergedMessage | null = null;
  private isInDoubt = true;
  private looking: Promise<void> | null = null;
  private watching: Promise<void> = Promise.resolve();
  private readonly stopping = new AbortController();

  constructor(
    private readonly store: EventStore,
    private readonly newestOnBus: NewestOnBus,
    private readonly ports: DivergenceWatchPorts,
  ) {}

  /** What the store lacks, as far as is known. */
  get diverged(): DivergedMessage | null {
    return this.found;
  }

  /** Why nothing is appended, in words; undefined while all is well. */
  get reason(): string | undefined {
    return this.found ? new StoreDivergedError(this.found).message : undefined;
  }

  start(): void {
    this.watching = this.watch();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.watching;
  }

  /** The store was away, and may come back as another one. */
  doubt(): void {
    this.isInDoubt = true;
  }

  /** Throws StoreDivergedError. */
  async assertSame(): Promise<void> {
    if (this.isInDoubt || this.found) await this.lookInTime();
    if (this.found) throw new StoreDivergedError(this.found);
  }

  /** However many ask, one look is under way. */
  look(): Promise<void> {
    this.looking ??= this.compare().finally(() => {
      this.looking = null;
      this.ports.onBeat?.();
    });
    return this.looking;
  }

  private async watch(): Promise<void> {
    const { clock, randomness } = this.ports;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.lookInTime();
      const pause = clock.idle(LOOK_MS * (1 + randomness.fraction() / 2), signal);
      // A look that never ends has to be noticed.
      await (this.looking === null ? beatWhile(pause, this.ports) : pause);
    }
  }

  private async lookInTime(): Promise<void> {
    const seen = new AbortController();
    await Promise.race([this.look(), this.ports.clock.idle(LONGEST_WAIT_MS, seen.signal)]);
    seen.abort();
  }

  private async compare(): Promise<void> {
    this.isInDoubt = false;
    try {
      const newest = await this.newestOnBus();
      const place = newest === null ? 'stored' : await placeInStore(this.store, newest.event);
      if (place === 'stored') this.found = null;
      if (place === 'lacking' && newest !== null) this.found = divergedAt(newest);
    } catch (error) {
      if (error instanceof EventStoreUnavailableError) this.isInDoubt = true;
    }
  }
}

function divergedAt({ epoch, sequence, event }: RelayedMessage): DivergedMessage {
  return { epoch, sequence, eventId: event.id };
}

/**
 * `stored`: the store has this very event. `lacking`: it does not, and might have had it. `forged`: its hash does not
 * follow from the event before it, so that no writer of ours has made it.
 */
export async function placeInStore(
  store: EventStore,
  event: StoredEvent,
): Promise<'stored' | 'lacking' | 'forged'> {
  const { stream, revision, metadata } = event;
  const around = await loadAround(store, stream, revision);
  if (around === 'gone') return placeInAll(store, event);
  if (around.some((found) => isSame(found, event))) return 'stored';
  const previous = revision === 0 ? NO_STREAM.hash : around[0]?.metadata.hash;
  if (previous === undefined) return 'lacking';
  return hashOfEvent(previous, event) === metadata.hash ? 'lacking' : 'forged';
}

/** The event and the one before it; `gone`: the store had the stream, and somebody has deleted or cut it. */
async function loadAround(store: EventStore, stream: string, revision: number) {
  try {
    return await loadOrEmpty(store, stream, Math.max(0, revision - 1));
  } catch (error) {
    if (error instanceof StreamGoneError) return 'gone';
    throw error;
  }
}

/** What was deleted stays among all events until it is cleared away; then nothing can be compared. */
async function placeInAll(store: EventStore, event: StoredEvent): Promise<'stored' | 'lacking'> {
  const found = await store.eventAt(event.position);
  return found === null || isSame(found, event) ? 'stored' : 'lacking';
}

function isSame(found: StoredEvent, { id, position, metadata: { hash } }: StoredEvent): boolean {
  return found.id === id && found.position === position && found.metadata.hash === hash;
}
