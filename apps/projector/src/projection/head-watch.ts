import type { EventStore } from '@uplift/event-store';
import type { Clock } from '@uplift/runtime';
import type { ProjectionProgress } from './projection-progress';
import { isAnotherStore } from './store-identity';

const LOOK_MS = 1_000;
/** Pause between two comparisons of the store with the checkpoint. */
const COMPARE_MS = 5_000;
/** A subscription that is silent for this long, although the store has more, is taken for broken. */
const DEFAULT_SILENCE_LIMIT_MS = 30_000;

export interface HeadWatchOptions {
  readonly clock: Clock;
  readonly onLook: () => void;
  readonly onSilence: () => void;
  /** The store is not the one that the checkpoint came from, as far as this process knows the checkpoint. */
  readonly onAnotherStore: () => void;
  /** In milliseconds, 30,000 by default. */
  readonly silenceLimitMs?: number;
}

/** Looks where the store ends: for the lag, and to notice a subscription that broke without saying so. */
export class HeadWatch {
  private readonly silenceLimitMs: number;
  private silentSince: number;
  private lastSeen: bigint | null = null;
  private comparedAt = -Infinity;

  constructor(
    private readonly store: EventStore,
    private readonly progress: ProjectionProgress,
    private readonly options: HeadWatchOptions,
  ) {
    this.silenceLimitMs = options.silenceLimitMs ?? DEFAULT_SILENCE_LIMIT_MS;
    this.silentSince = options.clock.monotonic();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      await this.options.clock.idle(LOOK_MS, signal);
    }
  }

  async look(): Promise<void> {
    const seenAt = this.options.clock.wall();
    try {
      this.progress.see({ position: await this.store.lastPosition(), seenAt });
      await this.compare();
    } catch {
      // An unreachable store shows as a head that ages; the projection reports the reason.
      this.comparedAt = -Infinity;
    }
    this.options.onLook();
    this.listen();
  }

  /** At once when the store was away: it may have come back as another one. */
  private async compare(): Promise<void> {
    const { checkpoint } = this.progress;
    const now = this.options.clock.monotonic();
    if (!checkpoint || now - this.comparedAt < COMPARE_MS) return;
    this.comparedAt = now;
    if (await isAnotherStore(this.store, checkpoint)) this.options.onAnotherStore();
  }

  private listen(): void {
    const position = this.progress.checkpoint?.seenUpTo ?? null;
    const now = this.options.clock.monotonic();
    if (position !== this.lastSeen || this.progress.isAtHead) {
      this.lastSeen = position;
      this.silentSince = now;
      return;
    }
    if (now - this.silentSince < this.silenceLimitMs) return;
    this.silentSince = now;
    this.options.onSilence();
  }
}
