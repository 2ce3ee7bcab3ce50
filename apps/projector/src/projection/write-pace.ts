import type { Clock } from '@uplift/runtime';
import type { ProjectionProgress } from './projection-progress';

/** How long events may lie while nobody waits for a position: one transaction then serves many. */
const UNAWAITED_MS = 50;
/** A write is followed by a rest of its own length, which leaves half of the time to others, within these bounds. */
const SHORTEST_REST_MS = 5;
const LONGEST_REST_MS = 20;

/** When what has come is written: soon for whoever waits, in larger parts for nobody. */
export class WritePace {
  private restUntil = -Infinity;
  private hurry: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly progress: ProjectionProgress,
  ) {
    progress.onAwaited = () => this.hurry?.();
  }

  noteWrite(tookMs: number): void {
    const restMs = Math.min(Math.max(tookMs, SHORTEST_REST_MS), LONGEST_REST_MS);
    this.restUntil = this.clock.monotonic() + restMs;
  }

  /** Resolves when it is time to write. */
  async due(): Promise<void> {
    if (!this.progress.isAwaited) await this.unlessAwaited(UNAWAITED_MS);
    const restMs = this.restUntil - this.clock.monotonic();
    if (restMs > 0) await this.clock.pause(restMs);
  }

  private unlessAwaited(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.clock.after(ms, resolve);
      this.hurry = () => {
        cancel();
        resolve();
      };
    });
  }
}
