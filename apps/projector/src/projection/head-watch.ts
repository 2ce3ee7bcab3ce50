import type { EventStore } from '@uplift/event-store';
import { pause } from './pause';
import type { ProjectionProgress } from './projection-progress';

const LOOK_MS = 1_000;
/** A subscription that is silent for this long, although the store has more, is taken for broken. */
const DEFAULT_SILENCE_LIMIT_MS = 30_000;

export interface HeadWatchDuties {
  readonly onLook: () => void;
  readonly onSilence: () => void;
  /** In milliseconds, 30,000 by default. */
  readonly silenceLimitMs?: number;
}

/** Looks where the store ends: for the lag, and to notice a subscription that broke without saying so. */
export class HeadWatch {
  private readonly silenceLimitMs: number;
  private silentSince = performance.now();
  private lastSeen: bigint | null = null;

  constructor(
    private readonly store: EventStore,
    private readonly progress: ProjectionProgress,
    private readonly duties: HeadWatchDuties,
  ) {
    this.silenceLimitMs = duties.silenceLimitMs ?? DEFAULT_SILENCE_LIMIT_MS;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      await pause(LOOK_MS, signal);
    }
  }

  async look(): Promise<void> {
    const seenAt = Date.now();
    try {
      this.progress.see({ position: await this.store.lastPosition(), seenAt });
    } catch {
      // An unreachable store shows as a head that ages; the projection reports the reason.
    }
    this.duties.onLook();
    this.listen();
  }

  private listen(): void {
    const position = this.progress.checkpoint?.position ?? null;
    const now = performance.now();
    if (position !== this.lastSeen || this.progress.isAtHead) {
      this.lastSeen = position;
      this.silentSince = now;
      return;
    }
    if (now - this.silentSince < this.silenceLimitMs) return;
    this.silentSince = now;
    this.duties.onSilence();
  }
}
