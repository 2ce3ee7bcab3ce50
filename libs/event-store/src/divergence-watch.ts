import type { DivergedMessage } from '@uplift/domain';
import type { Clock, Randomness } from '@uplift/runtime';
import { beatWhile } from '@uplift/runtime';
import type { EventStore } from './event-store.port';
import type { MessageLog } from './message-log';
import { placeInStore, type EventPlace, type MessageOfRelay } from './relayed-message';
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

/** What the watch compares. Both reject, soon, if bus or store does not answer. */
export interface BusBesideStore {
  readonly newest: (onStep: () => void) => Promise<Pick<NewestRelayed, 'found'>>;
  readonly placeOf: (message: MessageOfRelay) => Promise<EventPlace>;
}

const NOT_CONNECTED = new Error('The bus is not connected');

export function busBesideStore(
  bus: MessageLog & { readonly isConnected: boolean },
  store: EventStore,
): BusBesideStore {
  const relayed = new RelayedMessages(bus, store);
  return {
    newest: (onStep) =>
      bus.isConnected ? relayed.newest({ onStep, exact: false }) : Promise.reject(NOT_CONNECTED),
    placeOf: ({ event }) => placeInStore(store, event),
  };
}

export interface DivergenceWatchPorts {
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** A look has ended, or the next one is waited for. */
  readonly onBeat?: () => void;
  /** What the store lacked it does not lack any more: it was put right, or accepted as it is. */
  readonly onResolved?: () => void;
}

/** Pause between two looks, in ms; up to half as long again, so that processes keep no step. */
const LOOK_MS = 5_000;
/** A look that has not gone on for so long does not get answers, in ms. */
const SILENCE_MS = 1_000;
/** Longest wait of an append for the look that it needs, in ms. */
const LONGEST_WAIT_MS = 5_000;
/** A node of the store that follows others may not have the newest event yet: it is asked once more after this, in ms. */
const CONFIRM_MS = 1_000;

/**
 * Compares the newest event on the bus with the store: at the start, every few seconds, and before the next append
 * whenever the store was away or seems to lack something. A bus that is away says nothing, and changes nothing.
 */
export class DivergenceWatch {
  private found: DivergedMessage | null = null;
  private resolved = 0;
  /** Reasons to look, and how many of them were looked after. */
  private doubts = 1;
  private cleared = 0;
  /** The store seemed to lack something, and was not asked once more yet. */
  private isSuspicious = false;
  private looking: Promise<void> | null = null;
  /** Counts what the look under way has come to. */
  private steps = 0;
  private watching: Promise<void> = Promise.resolve();
  private readonly stopping = new AbortController();

  constructor(
    private readonly bus: BusBesideStore,
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

  /**
   * How often the store may have become another one, since the start: it was away, or lacked something and does so no
   * more. It may be put back and accepted between two looks.
   */
  get possibleChanges(): number {
    return this.doubts + this.resolved;
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
    const isUnderWay = this.looking !== null;
    const isOver = !this.isInDoubt || (await this.lookInTime());
    // What gave rise to the doubt may have come after that look.
    if (isUnderWay && isOver && this.isInDoubt) await this.lookInTime();
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

  private get isInDoubt(): boolean {
    return this.isSuspicious || this.cleared < this.doubts || this.found !== null;
  }

  /** Waits for a look while it goes on: false if it has not ended. */
  private async lookInTime(): Promise<boolean> {
    let isOver = false;
    const look = this.look().then(() => (isOver = true));
    for (let waitedMs = 0; !isOver && waitedMs < LONGEST_WAIT_MS; waitedMs += SILENCE_MS) {
      const { steps } = this;
      const seen = new AbortController();
      await Promise.race([look, this.ports.clock.idle(SILENCE_MS, seen.signal)]);
      seen.abort();
      if (this.steps === steps) break;
    }
    return isOver;
  }

  private async compare(): Promise<void> {
    const { doubts } = this;
    try {
      const lacking = await this.lacking();
      if (this.found !== null && lacking === null) this.resolve();
      this.found = lacking && divergedAt(lacking);
      this.isSuspicious = false;
      this.cleared = doubts;
    } catch {
      // Nothing is known: what was said before holds, and the next append looks again.
    }
  }

  private resolve(): void {
    this.resolved += 1;
    this.ports.onResolved?.();
  }

  private async lacking(): Promise<MessageOfRelay | null> {
    const { found } = await this.bus.newest(() => this.step());
    if (found?.place !== 'lacking') return null;
    if (this.found !== null) return found.message;
    this.isSuspicious = true;
    const place = await this.laterPlaceOf(found.message);
    if (place === 'lacking') return found.message;
    // Another store got an event of its own there meanwhile, and may lack what the bus has before it.
    return place === 'stored' ? null : this.lacking();
  }

  private async laterPlaceOf(message: MessageOfRelay): Promise<EventPlace> {
    await this.ports.clock.idle(CONFIRM_MS / 2, this.stopping.signal);
    this.step();
    await this.ports.clock.idle(CONFIRM_MS / 2, this.stopping.signal);
    this.step();
    return this.bus.placeOf(message);
  }

  private step(): void {
    this.steps += 1;
    this.ports.onBeat?.();
  }
}

function divergedAt({ proof: { epoch }, sequence, event }: MessageOfRelay): DivergedMessage {
  return { epoch, sequence, eventId: event.id };
}
