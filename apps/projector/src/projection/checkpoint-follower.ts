import type { Clock } from '@uplift/runtime';
import type { Checkpoint, ReadModel } from '../read-model/read-model.port';
import type { ProjectionProgress } from './projection-progress';

const LOOK_MS = 250;
/** A writer that lets events lie for this long is taken for dead. */
const TAKE_OVER_MS = 2_000;

/** Watches the checkpoint that another process moves. */
export class CheckpointFollower {
  constructor(
    private readonly readModel: ReadModel,
    private readonly progress: ProjectionProgress,
    private readonly options: { readonly clock: Clock; readonly onBeat?: () => void },
  ) {}

  /** Returns when the writer leaves events lying, or when the read model was replaced by a rebuilt one. */
  async untilAbandoned({ generation }: Checkpoint, ending: AbortSignal): Promise<void> {
    const { progress } = this;
    const { clock } = this.options;
    let last = await this.look();
    let movedAt = clock.monotonic();
    while (!ending.aborted && last.generation === generation) {
      await clock.idle(LOOK_MS, ending);
      const now = await this.look();
      const isLeft = last.seenUpTo === now.seenUpTo && !progress.isAtHead;
      if (!isLeft) movedAt = clock.monotonic();
      if (clock.monotonic() - movedAt > TAKE_OVER_MS) return;
      last = now;
    }
  }

  /** Returns when the read model was replaced by a rebuilt one. */
  async untilRebuilt({ generation }: Checkpoint, ending: AbortSignal): Promise<void> {
    while (!ending.aborted) {
      if ((await this.look()).generation !== generation) return;
      await this.options.clock.idle(LOOK_MS, ending);
    }
  }

  async look(): Promise<Checkpoint> {
    const checkpoint = await this.readModel.checkpoint();
    this.progress.moveTo(checkpoint);
    this.options.onBeat?.();
    return checkpoint;
  }
}
