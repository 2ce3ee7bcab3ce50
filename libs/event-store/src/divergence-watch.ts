import type { DivergedMessage } from '@uplift/domain';
import type { Clock, Randomness } from '@uplift/runtime';
import { beatWhile } from '@uplift/runtime';
import type { EventStore } from './event-store.port';
import type { MessageLog } from './message-log';
import type { MessageOfRelay } from './relayed-message';
import { RelayedMessages } from './relayed-messages';
import type { NewestRelayed } from './relayed-messages';

/** The bus holds events that the store does not: until an operator has decided, nothing is appended. */
export class StoreDivergedError extends Error {
  readonly code = 'store-diverged';
  constructor({ sequence, eventId }: DivergedMessage) {
    super(
      `The store does not have event ${eventId}, which message ${sequence} of the bus carries: it is another store or an older copy, and an operator has to decide (uplift system accept-store)`,
    );
  }
}

/** What the bus ends with, next to the store. Rejects, soon, if the bus does not answer. */
export type NewestOnBus = (onStep: () => void) => Promise<Pick<NewestRelayed, 'found'>>;

const NOT_CONNECTED = new Error('The bus is not connected');

export function newestOnBus(
  bus: MessageLog & { readonly isConnected: boolean },
  store: EventStore,
): NewestOnBus {
  const relayed = new RelayedMessages(bus, store);
  return (onStep) =>
    bus.isConnected ? relayed.newest({ onStep, exact: false }) : Promise.reject(NOT_CONNECTED);
}

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
  private resolved = 0;
  /** Reasons to look, and how many of them were looked after. */
  private doubts = 1;
  private cleared = 0;
  private looking: Promise<void> | null = null;
  private watching: Promise<void> = Promise.resolve();
  private readonly stopping = new AbortController();

  constructor(
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

  /** How often store and bus came to agree again, since the start. */
  get resolutions(): number {
    return this.resolved;
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
    this.doubts += 1;
  }

  /** Throws StoreDivergedError. */
  async assertSame(): Promise<void> {
    if (this.cleared < this.doubts || this.found) await this.lookInTime();
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
    const { doubts } = this;
    try {
      const { found } = await this.newestOnBus(() => this.ports.onBeat?.());
      const before = this.found;
      this.found = found?.place === 'lacking' ? divergedAt(found.message) : null;
      if (before !== null && this.found === null) this.resolved += 1;
      this.cleared = doubts;
    } catch {
      // Nothing is known: what was said before holds, and the next append looks again.
    }
  }
}

function divergedAt({ proof: { epoch }, sequence, event }: MessageOfRelay): DivergedMessage {
  return { epoch, sequence, eventId: event.id };
}
