import type { ReadModelDatabase } from '../database/read-model.tables';
import type { Checkpoint } from './checkpoint';
import { readCheckpoint } from './checkpoint';
import { pause } from './pause';
import type { ProjectionProgress } from './projection-progress';

const LOOK_MS = 250;
/** A writer that lets events lie for this long is taken for dead. */
const TAKE_OVER_MS = 2_000;

/** Watches the checkpoint that another process moves. */
export class CheckpointFollower {
  constructor(
    private readonly database: ReadModelDatabase,
    private readonly progress: ProjectionProgress,
  ) {}

  /** Returns when the writer leaves events lying, or when the read model was replaced by a rebuilt one. */
  async untilAbandoned({ generation }: Checkpoint, signal: AbortSignal): Promise<void> {
    let last = await this.look();
    let movedAt = performance.now();
    while (!signal.aborted && last.generation === generation) {
      await pause(LOOK_MS, signal);
      const now = await this.look();
      const isLeft = last.position === now.position && !this.progress.isAtHead;
      if (!isLeft) movedAt = performance.now();
      if (performance.now() - movedAt > TAKE_OVER_MS) return;
      last = now;
    }
  }

  /** Returns when the read model was replaced by a rebuilt one. */
  async untilRebuilt(signal: AbortSignal): Promise<void> {
    const { generation } = await this.look();
    while (!signal.aborted) {
      await pause(LOOK_MS, signal);
      if ((await this.look()).generation !== generation) return;
    }
  }

  private async look(): Promise<Checkpoint> {
    const checkpoint = await readCheckpoint(this.database);
    this.progress.moveTo(checkpoint);
    return checkpoint;
  }
}
