import type { AsOf, Stop } from '@uplift/contracts';
import { ProblemError, refusal } from '@uplift/contracts';
import type { Labels } from '@uplift/domain';
import type { Clock, Logger } from '@uplift/runtime';
import type { ProjectionProgress, StoreHead } from '../projection/projection-progress';
import type { Checkpoint, ReadModel, Snapshot } from '../read-model/read-model.port';
import type { whyStale } from '../projection/projection-state';
import { SWITCHES } from '../read-model/read-model.tables';
import { isoTime } from '../read-model/table';
import { bytesOf } from './cursor';

const WAIT_FOR_POSITION_MS = 5_000;
/** Fewer than the queries that are handled at once. */
const MOST_WAITS = 500;
const MOST_STOPS = 100;
/** Of an answer without its rows and stops: headers, the caller's own form, cursor and age. */
const ENVELOPE_BYTES = 8 * 1024;

/** With the switches in force: whoever reads of upgrades must see that none can start. */
type Answer<T> = T & { readonly stops: readonly Stop[]; readonly asOf: AsOf };

export interface SnapshotReaderContext {
  readonly readModel: ReadModel;
  readonly progress: ProjectionProgress;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Largest message that the bus carries. */
  readonly maxPayload: () => number;
  readonly stale: () => Staleness | undefined;
}

type Staleness = NonNullable<ReturnType<typeof whyStale>>;

/** What is asked for, whatever rows it is about. */
interface Asked {
  readonly minPosition?: string;
  /** Whoever asks sees rows about instances with these labels, all of each. */
  readonly limits?: readonly Labels[];
}

/** What is read for one answer; rows of a list may have so many bytes, as JSON. */
type ReadRows<T> = (snapshot: Snapshot, maxBytes: number) => Promise<T>;

/** Reads rows and the checkpoint they belong to from one snapshot of the read model. */
export class SnapshotReader {
  private waits = 0;

  constructor(private readonly context: SnapshotReaderContext) {}

  /** Throws ProblemError: 409 when the read model does not get to `minPosition` in time, 503 without a database. */
  async read<T extends object>(
    { minPosition, limits = [] }: Asked,
    rows: ReadRows<T>,
  ): Promise<Answer<T>> {
    if (minPosition !== undefined) await this.waitFor(BigInt(minPosition));
    try {
      return await this.readNow(limits, rows);
    } catch (error) {
      if (error instanceof ProblemError) throw error;
      this.context.logger.error({ err: error }, 'query failed');
      const detail = 'The read model cannot be read right now. Ask again.';
      throw refusal('read-model-unavailable', detail, { cause: error });
    }
  }

  private readNow<T extends object>(
    limits: readonly Labels[],
    rows: ReadRows<T>,
  ): Promise<Answer<T>> {
    const { readModel, progress, clock, maxPayload, stale } = this.context;
    return readModel.read(async (snapshot) => {
      const checkpoint = await snapshot.checkpoint();
      const where = { isStopped: true };
      const views = await snapshot.page(SWITCHES, { where, limit: MOST_STOPS });
      const stops = views.map((stop) => SWITCHES.show(stop));
      const seen = limits.length === 0 ? snapshot : snapshot.limitedTo(limits);
      const answer = await rows(seen, maxPayload() - ENVELOPE_BYTES - bytesOf(stops));
      const following = { head: progress.head, stale: stale() };
      const upTo = seenOf(checkpoint, progress.checkpoint);
      return { ...answer, stops, asOf: asOf(upTo, following, clock.wall()) };
    });
  }

  /** Bounded, so that those who wait leave room for those who do not. */
  private async reaches(position: bigint): Promise<boolean> {
    if (this.waits >= MOST_WAITS) {
      const detail = `${MOST_WAITS} queries wait for the read model already: ask without a position, or later`;
      throw refusal('too-many-waits', detail);
    }
    this.waits += 1;
    try {
      return await this.context.progress.reaches(position, WAIT_FOR_POSITION_MS);
    } finally {
      this.waits -= 1;
    }
  }

  private async waitFor(position: bigint): Promise<void> {
    const { progress } = this.context;
    if (progress.isAt(position) || (await this.reaches(position))) return;
    const { checkpoint, missingEvents } = progress;
    const at = (checkpoint?.seenUpTo ?? 0n).toString();
    const stale = this.context.stale();
    const why = stale ? ` It does not follow the store: ${stale.detail}.` : '';
    throw refusal(
      'read-model-behind',
      `The read model is at position ${at}, not yet at ${position.toString()}, after ${WAIT_FOR_POSITION_MS} ms; about ${missingEvents} events are missing.${why}`,
    );
  }
}

/** This process may have looked further than others know. */
function seenOf(checkpoint: Checkpoint, known: Checkpoint | undefined): Checkpoint {
  const isSame =
    known?.generation === checkpoint.generation && known.position === checkpoint.position;
  return isSame ? known : checkpoint;
}

interface Following {
  readonly head: StoreHead | undefined;
  readonly stale: Staleness | undefined;
}

export function asOf(checkpoint: Checkpoint, following: Following, now: number): AsOf {
  const at = Math.min(now, completeUntil(checkpoint, following));
  return {
    position: (checkpoint.seenUpTo ?? 0n).toString(),
    at: isoTime(at),
    ageMs: now - at,
    ...following.stale,
  };
}

/** The last event's time, or when the store was last seen to hold nothing newer. */
function completeUntil(checkpoint: Checkpoint, { head, stale }: Following): number {
  const shown = checkpoint.lastEventAt ?? checkpoint.updatedAt;
  if (!head || stale?.reason === 'store-diverged' || isBehind(checkpoint, head)) return shown;
  return Math.max(checkpoint.lastEventAt ?? 0, head.seenAt);
}

function isBehind({ seenUpTo }: Checkpoint, { position }: StoreHead): boolean {
  return (seenUpTo ?? 0n) < (position ?? 0n);
}
