import { createHash } from 'node:crypto';
import { EVENT_CATEGORIES, eventSchema } from '@uplift/contracts';
import type { EventCategory } from '@uplift/contracts';
import { LIFECYCLE } from '@uplift/domain';
import type { Clock, Logger, Randomness } from '@uplift/runtime';
import { errorMessage } from '@uplift/runtime';
import { CheckpointStream } from './checkpoint-stream';
import type {
  Checkpoint,
  CheckpointEnd,
  CheckpointWriter,
  FoldPlace,
  UnfinishedPage,
} from './checkpoint-stream';
import { EventStoreUnavailableError, RevisionConflictError } from './event-store.port';
import type { EventStore } from './event-store.port';
import { canonicalJson } from './hash-chain';

/** What somebody has folded from the events of a tail, in entries that JSON can carry. */
export interface TailFold {
  readonly name: string;
  /** What decides the outcome beside the events: the version of the fold, and the settings that it goes by. */
  readonly basis: unknown;
  /** What it holds may be due to a defect of this build: it is for this process alone. */
  readonly isDoubtful?: boolean;
  /** As it is at the call, however long the entries take to be asked for. */
  entries(): Iterable<unknown>;
  /** Forgets everything. */
  clear(): void;
  /** One entry, in the order in which they were given. Throws for what no entry can be. */
  takeBack(entry: unknown): void;
}

export interface TailCheckpointsOptions extends CheckpointWriter {
  /** Who folds, in the name of the stream. */
  readonly name: string;
  /** Events between two checkpoints, at least; 0: none is written, and none is used. */
  readonly everyEvents: number;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/** A fold whose whole state is one small value; null: nothing is known. The value must not be changed later. */
export function foldOfValue<Value>(
  { name, version }: { readonly name: string; readonly version: number },
  value: () => Value | null,
  restore: (value: Value | null) => void,
): TailFold {
  return {
    name,
    basis: { version },
    entries: () => [value()].filter((each) => each !== null),
    clear: () => restore(null),
    takeBack: (entry) => restore(entry as Value),
  };
}

/** Changes with the form of what is written. */
const FORM = 2;
/** Between two checkpoints, in ms. */
const APART_MS = 10_000;
/** A checkpoint takes no more than a third or so of what events take. */
const BYTES_PER_EVENT = 200;
/** Between two pages: others go first. */
const REST_MS = 20;
/** At a calm end a checkpoint is worth it from this share of the usual distance on. */
const SHARE_AT_END = 1 / 20;
const LONGEST_END_MS = 5_000;
/** Older checkpoints that are tried before the fold begins with the first event. */
const MOST_TRIED = 3;

/**
 * Lets a tail begin behind what was folded before. In every doubt about a checkpoint it begins with an older one, and
 * at last with the first event, and says so. Only folds of the same events by the same rules share checkpoints.
 */
export class TailCheckpoints {
  /** Events folded since the newest checkpoint that is known of, and where that stands. */
  private since = 0;
  private known = 0n;
  private writtenAt: number;
  private due: number;
  /** Of the newest checkpoint that this process has written. */
  private bytes = 0;
  /** The page of an unfinished checkpoint that the stream ended with at the last look. */
  private seenPage: string | null = null;
  private writing: Promise<void> | null = null;
  private readonly hurry = new AbortController();

  constructor(
    private readonly store: EventStore,
    private readonly options: TailCheckpointsOptions,
  ) {
    this.writtenAt = options.clock.monotonic();
    this.due = this.distance();
  }

  /** Returns up to where the folds have taken back what was folded; null: they are empty. */
  async restore(folds: readonly TailFold[]): Promise<FoldPlace | null> {
    if (this.options.everyEvents === 0) return null;
    try {
      return await this.newestOf(folds);
    } catch (error) {
      for (const fold of folds) fold.clear();
      if (error instanceof EventStoreUnavailableError) throw error;
      this.options.logger.warn({ err: error }, 'checkpoints cannot be read: the fold begins anew');
      return null;
    }
  }

  private async newestOf(folds: readonly TailFold[]): Promise<FoldPlace | null> {
    const stream = this.streamOf(folds);
    const end = await stream.end();
    this.seenPage = end.unfinished?.pageId ?? null;
    let tried = 0;
    for await (const checkpoint of stream.newest(end)) {
      const problem = await this.take(checkpoint, folds);
      const { position } = checkpoint.place;
      const told = { position: position.toString() };
      // What is of no use is no reason to write none.
      if (position > this.known) this.known = position;
      if (problem === null) {
        this.options.logger.info(told, 'the fold of events goes on from a checkpoint');
        return checkpoint.place;
      }
      this.options.logger.warn({ ...told, reason: problem }, 'a checkpoint is of no use');
      tried += 1;
      if (tried === MOST_TRIED) break;
    }
    this.options.logger.info({ tried }, 'no checkpoint: the fold begins with the first event');
    return null;
  }

  /** So many events more were folded, up to this place. */
  passed(count: number, place: FoldPlace | undefined, folds: readonly TailFold[]): void {
    this.since += count;
    const isApart = this.options.clock.monotonic() - this.writtenAt >= APART_MS;
    if (place !== undefined && this.since >= this.due && isApart) this.begin(place, folds);
  }

  /** A calm end: whoever starts next has little to read. */
  async finish(place: FoldPlace | undefined, folds: readonly TailFold[]): Promise<void> {
    this.hurry.abort();
    const isWorthIt = this.since >= this.due * SHARE_AT_END;
    if (this.writing === null && place !== undefined && isWorthIt) this.begin(place, folds);
    if (this.writing === null) return;
    const written = new AbortController();
    void this.writing.then(() => written.abort());
    await this.options.clock.idle(LONGEST_END_MS, written.signal);
  }

  private begin(place: FoldPlace, folds: readonly TailFold[]): void {
    if (this.options.everyEvents === 0 || this.writing !== null) return;
    if (folds.some(({ isDoubtful = false }) => isDoubtful)) return;
    const { since } = this;
    // What the folds are at this moment belongs to the place.
    const lines = linesOf(folds);
    this.writing = this.write(place, lines, this.streamOf(folds))
      .catch((error: unknown) => this.afterFailure(error))
      .finally(() => {
        this.writing = null;
        this.writtenAt = this.options.clock.monotonic();
        this.since -= since;
        this.due = this.distance();
      });
  }

  private async write(
    place: FoldPlace,
    lines: Iterable<string>,
    stream: CheckpointStream,
  ): Promise<void> {
    const end = await stream.end();
    if (this.isLeftToOthers(end, place)) return;
    const { clock, logger } = this.options;
    const rest = () => clock.idle(REST_MS, this.hurry.signal);
    const size = await stream.write(place, lines, { end, rest });
    this.known = place.position;
    this.bytes = size.bytes;
    logger.info({ position: place.position.toString(), ...size }, 'checkpoint of the fold written');
  }

  /** They have written a newer one, or are at it. */
  private isLeftToOthers({ position, unfinished }: CheckpointEnd, place: FoldPlace): boolean {
    const isWritten = position !== null && position > this.known && position <= place.position;
    if (isWritten) this.known = position;
    const isGoingOn = unfinished !== null && this.isAlive(unfinished);
    this.seenPage = unfinished?.pageId ?? null;
    return isWritten || isGoingOn;
  }

  /** Who has added no page since the last look is dead; this process is at nothing else. */
  private isAlive({ pageId, writtenBy }: UnfinishedPage): boolean {
    return writtenBy !== this.options.actor.id && pageId !== this.seenPage;
  }

  /** Another process was faster; all else the next try may mend. */
  private afterFailure(error: unknown): void {
    if (error instanceof RevisionConflictError) return;
    this.options.logger.warn({ err: error }, 'a checkpoint of the fold was not written');
  }

  /** Processes that fold the same are not to write together. */
  private distance(): number {
    const { everyEvents, randomness } = this.options;
    const least = Math.max(everyEvents, this.bytes / BYTES_PER_EVENT);
    return Math.ceil(least * (1 + randomness.fraction() / 2));
  }

  /** Null if it was taken. */
  private async take({ place, lines }: Checkpoint, folds: readonly TailFold[]) {
    const event = await this.store.eventAt(place.position);
    if (event?.id !== place.eventId || event.metadata.hash !== place.hash) {
      return 'the store does not have its event';
    }
    try {
      takeBack(lines(), folds);
      return null;
    } catch (error) {
      for (const fold of folds) fold.clear();
      if (error instanceof EventStoreUnavailableError) throw error;
      return errorMessage(error);
    }
  }

  private streamOf(folds: readonly TailFold[]): CheckpointStream {
    const name = `${this.options.name}.${fingerprintOf(folds)}`;
    return new CheckpointStream(this.store, name, this.writer);
  }

  private get writer(): CheckpointWriter {
    const { actor, service } = this.options;
    return { actor, service };
  }
}

/** First the number of its fold, then the entry. Copies are taken now, text is made when it is asked for. */
function linesOf(folds: readonly TailFold[]): Iterable<string> {
  const taken = folds.map((fold) => fold.entries());
  return (function* () {
    for (const [n, entries] of taken.entries()) {
      for (const entry of entries) yield JSON.stringify([n, entry]);
    }
  })();
}

function takeBack(lines: Iterable<string>, folds: readonly TailFold[]): void {
  for (const fold of folds) fold.clear();
  for (const line of lines) {
    const [n, entry] = JSON.parse(line) as [number, unknown];
    const fold = folds[n];
    if (fold === undefined) throw new RangeError(`There is no fold ${n}`);
    fold.takeBack(entry);
  }
}

/** The same for the same events, by the same rules: another build, or other settings, may come to another outcome. */
function fingerprintOf(folds: readonly TailFold[]): string {
  const rules = folds.map(({ name, basis }) => ({ name, basis }));
  const text = canonicalJson({ form: FORM, events: eventsDigest(), rules });
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

let knownEvents: string | undefined;

/** What this build knows of events: what it cannot read, another one can. */
function eventsDigest(): string {
  knownEvents ??= createHash('sha256')
    .update(canonicalJson({ schemas: schemas(), lifecycle: LIFECYCLE }))
    .digest('hex');
  return knownEvents;
}

function schemas(): readonly object[] {
  const categories = Object.keys(EVENT_CATEGORIES) as EventCategory[];
  return categories.flatMap((category) =>
    Object.keys(EVENT_CATEGORIES[category].schemas).map((type) => eventSchema(category, type)),
  );
}
