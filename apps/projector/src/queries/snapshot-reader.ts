import { ProblemError } from '@uplift/contracts';
import type { Logger } from '@uplift/runtime';
import type { ReadModelDatabase } from '../database/read-model.tables';
import { readCheckpoint } from '../projection/checkpoint';
import type { ProjectionProgress } from '../projection/projection-progress';
import type { AsOf } from './as-of';
import { asOf } from './as-of';
import { QUERY_PROBLEMS } from './query-problems';

const WAIT_FOR_POSITION_MS = 5_000;

export interface SnapshotReaderOptions {
  /** Longest wait for `minPosition`, in milliseconds. */
  readonly waitMs?: number;
}

export type Answer<T> = T & { readonly asOf: AsOf };

/** Reads rows and the checkpoint they belong to from one snapshot of the database. */
export class SnapshotReader {
  private readonly waitMs: number;

  constructor(
    private readonly database: ReadModelDatabase,
    private readonly progress: ProjectionProgress,
    private readonly logger: Logger,
    options: SnapshotReaderOptions = {},
  ) {
    this.waitMs = options.waitMs ?? WAIT_FOR_POSITION_MS;
  }

  /** Throws ProblemError: 409 when the read model does not get to `minPosition` in time, 503 without a database. */
  async read<T extends object>(
    { minPosition }: { readonly minPosition?: string },
    rows: (snapshot: ReadModelDatabase) => Promise<T>,
  ): Promise<Answer<T>> {
    if (minPosition !== undefined) await this.waitFor(BigInt(minPosition));
    try {
      return await this.readNow(rows);
    } catch (error) {
      if (error instanceof ProblemError) throw error;
      this.logger.error({ err: error }, 'query failed');
      throw QUERY_PROBLEMS.unavailable(error);
    }
  }

  private readNow<T extends object>(
    rows: (snapshot: ReadModelDatabase) => Promise<T>,
  ): Promise<Answer<T>> {
    const transaction = this.database
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only');
    return transaction.execute(async (snapshot) => {
      const checkpoint = await readCheckpoint(snapshot);
      const answer = await rows(snapshot);
      return { ...answer, asOf: asOf(checkpoint, this.progress.head, Date.now()) };
    });
  }

  private async waitFor(position: bigint): Promise<void> {
    if (await this.progress.reaches(position, this.waitMs)) return;
    const { checkpoint, missingEvents } = this.progress;
    const at = (checkpoint?.position ?? 0n).toString();
    throw QUERY_PROBLEMS.behind(
      `The read model is at position ${at}, not yet at ${position.toString()}, after ${this.waitMs} ms; about ${missingEvents} events are missing.`,
    );
  }
}
