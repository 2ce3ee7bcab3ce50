import type { EventStore } from '@uplift/event-store';
import { pause } from './pause';
import type { ProjectionProgress } from './projection-progress';

const LOOK_MS = 1_000;
/** A subscription that is silent for this long, although the store has more, is taken for broken. */
const SILENCE_LIMIT_MS = 30_000;

export interface HeadWatchDuties {
  readonly onLook: () => void;
  readonly onSilence: () => void;
}

/** Looks where the store ends: for the lag, and to notice a subscription that broke without saying so. */
export class HeadWatch {
  private silentSince = performance.now();
  private lastSeen: bigint | null = null;

  constructor(
    private readonly store: EventStore,
    private readonly progress: ProjectionProgress,
    private readonly duties: HeadWatchDuties,
  ) {}

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      this.duties.onLook();
      this.listen();
      await pause(LOOK_MS, signal);
    }
  }

  private async look(): Promise<void> {
    const seenAt = Date.now();
    try {
      this.progress.see({ position: await this.store.lastPosition(), seenAt });
    } catch {
      // An unreachable store shows as a head that ages; the projection reports the reason.
    }
  }

  private listen(): void {
    const position = this.progress.checkpoint?.position ?? null;
    const now = performance.now();
    if (position !== this.lastSeen || this.progress.isAtHead) {
      this.lastSeen = position;
      this.silentSince = now;
    }
    if (now - this.silentSince < SILENCE_LIMIT_MS) return;
    this.silentSince = now;
    this.duties.onSilence();
  }
}
