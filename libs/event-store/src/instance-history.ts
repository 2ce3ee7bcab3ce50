import type { StoredEvent } from '@uplift/contracts';
import { instanceStream } from '@uplift/contracts';
import type { CommandPage, InstanceCommand, InstanceEvent, InstanceState } from '@uplift/domain';
import { instanceDecider } from '@uplift/domain';
import type { Clock } from '@uplift/runtime';
import { loadOrEmpty, noneIfMissing } from './event-store.port';
import type { Appended, EventStore, EventToAppend, StreamHead } from './event-store.port';
import { differencesOf, knownBy, pageIn, snapshotsAhead } from './instance-snapshots';
import type { RememberedInstance } from './instance-snapshots';
import { KnownInstances } from './known-instances';
import type { Cause, Known, Loaded } from './stream-history';
import { missing, StreamHistory } from './stream-history';
import { remember } from './stream-memory';

export type KnownInstance = Known<InstanceState>;
export type LoadedInstance = Loaded<InstanceState, InstanceEvent>;

/** Events that are read at first, back from the end: as many as usually lie behind a snapshot, and some more. */
const FIRST_READ = 96;
const MOST_PER_READ = 1_536;
export interface SnapshotOptions {
  /** How many events lie behind the newest snapshot when another one is taken; absent: none is taken. */
  readonly snapshotEvery?: number;
  /** Commands on one page of a snapshot, 1,024 by default: so many are told again by each until the page is full. */
  readonly commandsPerPage?: number;
  /** With one, a reading goes on where this process read to lately, and a command may be tried on what it left. */
  readonly clock?: Pick<Clock, 'monotonic'>;
}

const COMMANDS_PER_PAGE = 1_024;

/** Reads the streams of instances from their ends, back to a snapshot, and takes snapshots. */
class InstanceStreams extends StreamHistory<InstanceCommand, InstanceState, 'instance'> {
  private readonly known: KnownInstances | undefined;
  private interruptions = 0;

  constructor(
    store: EventStore,
    service: string,
    private readonly options: SnapshotOptions,
  ) {
    super(store, service, 'instance', instanceDecider);
    this.known = options.clock && new KnownInstances(options.clock);
  }

  /**
   * Nothing of an instance in whose upgrade others take part, which go on with it, nor of one that a registration begins
   * anew: its environment is reserved before the append tells.
   */
  override newestKnown(stream: string): RememberedInstance | undefined {
    this.noticeInterruption();
    const known = this.known?.newest(stream);
    const isAtRest = known?.state.kind === 'resting' && known.state.status !== 'removed';
    return isAtRest ? known : undefined;
  }

  private noticeInterruption(): void {
    const { interruptions } = this.store.counters;
    if (interruptions !== this.interruptions) this.known?.doubtAll();
    this.interruptions = interruptions;
  }

  /** Answers whether the connection has held since: what came over one that broke is not known to be so now. */
  private watchConnection(): () => boolean {
    this.noticeInterruption();
    const { interruptions } = this;
    return () => {
      this.noticeInterruption();
      return interruptions === this.interruptions;
    };
  }

  protected override async loadAlone(stream: string): Promise<LoadedInstance> {
    const isUnbroken = this.watchConnection();
    const known = this.known?.of(stream);
    const loaded = (known && (await this.goOn(stream, known))) ?? (await this.loadAnew(stream));
    if (loaded.head.revision >= 0 && isUnbroken()) this.known?.keep(stream, loaded);
    return loaded;
  }

  private loadAnew(stream: string): Promise<LoadedInstance> {
    this.known?.forget(stream);
    return this.loadUpTo(stream);
  }

  /** Throws StreamGoneError if the first event is there no more. */
  private async confirm(stream: string): Promise<void> {
    if (this.known?.isOld(stream) !== true) return;
    await this.lastOrNone(stream, 1, 0);
    this.known?.confirm(stream);
  }

  /** With the events since; null if the store does not have what is known. */
  private async goOn(stream: string, known: RememberedInstance): Promise<LoadedInstance | null> {
    const { revision, hash } = known.head;
    await this.confirm(stream);
    const [last, ...news] = await loadOrEmpty(this.store, stream, revision);
    const isThere = last?.revision === revision && last.metadata.hash === hash;
    return isThere ? this.fold(known, news) : null;
  }

  /** Block by block, from the last one on; each event is looked at once. */
  override async loadUpTo(stream: string, revision?: number): Promise<LoadedInstance> {
    let count = FIRST_READ;
    let block = await this.lastOrNone(stream, count, revision);
    const later: StoredEvent[][] = [];
    for (;;) {
      const begin = this.beginIn(block, later[0]?.[0]);
      if (begin) return this.fold(begin.known, [block, ...later].flat().slice(begin.next));
      count = Math.min(4 * count, MOST_PER_READ);
      const [first] = block as [StoredEvent];
      later.unshift(block);
      block = await this.store.loadLast(stream, count, first.revision - 1);
      if (block.at(-1)?.revision !== first.revision - 1) throw missing(first, first.revision - 1);
    }
  }

  protected override async *pagesOf(stream: string, { page, earlier }: CommandPage) {
    yield page;
    for (const revision of earlier.toReversed()) {
      yield this.known?.pageOf(stream, revision) ?? (await this.readPage(stream, revision));
    }
  }

  private async readPage(stream: string, revision: number): Promise<string> {
    const page = pageIn(await this.eventAt(stream, revision), { stream, revision });
    this.known?.keepPage(stream, revision, page);
    return page;
  }

  /** Newest first, block by block. */
  async *before(stream: string, revision: number): AsyncGenerator<StoredEvent> {
    for (let next = revision; next > 0;) {
      const block = await this.store.loadLast(stream, FIRST_READ, next - 1);
      yield* block.toReversed();
      next = block[0]?.revision ?? 0;
    }
  }

  async eventAt(stream: string, revision: number): Promise<StoredEvent | undefined> {
    const [stored] = await this.store.loadLast(stream, 1, revision);
    return stored?.revision === revision ? stored : undefined;
  }

  /** An environment is reserved for an event by the revision that it is to have: nothing goes ahead of that. */
  override async appendTo(
    stream: string,
    known: KnownInstance,
    events: readonly InstanceEvent[],
    cause: Cause,
  ): Promise<Appended> {
    const mayMove = !events.some(({ data }) => 'environmentId' in data);
    const ahead = mayMove && this.isSnapshotDue(known) ? this.snapshotsOf(known, cause) : [];
    const all = [...ahead, ...this.toAppend(events, cause)];
    const isUnbroken = this.watchConnection();
    this.known?.doubt(stream);
    const appended = await this.store.append(stream, known.head, all);
    if (isRemembered(known) && isUnbroken()) {
      this.known?.keepLeft(stream, leftBy(all, stream, { known, appended }));
    }
    return appended;
  }

  private lastOrNone(stream: string, count: number, upTo?: number): Promise<StoredEvent[]> {
    return this.store.loadLast(stream, count, upTo).catch(noneIfMissing);
  }

  /** Where the fold of these events and those behind them begins; null if it needs earlier ones. */
  private beginIn(
    block: readonly StoredEvent[],
    behind: StoredEvent | undefined,
  ): { readonly known: RememberedInstance; readonly next: number } | null {
    for (let n = block.length; n > 0; n -= 1) {
      const known = knownBy(block[n] ?? behind, block[n - 1]?.metadata.hash);
      if (known !== null) return { known, next: n + 1 };
    }
    const isWhole = (block[0]?.revision ?? 0) === 0;
    return isWhole ? { known: this.nothing, next: 0 } : null;
  }

  private isSnapshotDue(known: KnownInstance): known is RememberedInstance {
    const { snapshotEvery = Infinity } = this.options;
    return isRemembered(known) && known.memory.sinceSnapshot >= snapshotEvery;
  }

  private snapshotsOf(known: RememberedInstance, cause: Cause): EventToAppend[] {
    const { commandsPerPage = COMMANDS_PER_PAGE } = this.options;
    const taken = snapshotsAhead(known, Math.max(1, commandsPerPage));
    const { commandFingerprint: _ofTheCommand, ...rest } = cause;
    const actor = { type: 'system', id: this.service } as const;
    return this.toAppend(
      taken.map((data) => ({ type: 'InstanceSnapshotTaken', data }) as const),
      { ...rest, actor, step: 'TakeSnapshot' },
    );
  }
}

function isRemembered(known: KnownInstance): known is RememberedInstance {
  return 'memory' in known;
}

interface OwnAppend {
  readonly known: RememberedInstance;
  readonly appended: Appended;
}

/** As a reading would find it, but for the time that the store has given the last event. */
function leftBy(
  events: readonly EventToAppend[],
  stream: string,
  { known, appended: { head, position } }: OwnAppend,
): RememberedInstance {
  let { state, memory } = known;
  for (const [n, event] of events.entries()) {
    const metadata = { ...event.metadata, hash: head.hash };
    const place = { stream, revision: known.head.revision + 1 + n, position, recordedAt: '' };
    state = instanceDecider.evolve(state, event as object as InstanceEvent);
    memory = remember(memory, { ...event, metadata, ...place });
  }
  return { state, head, position, memory: { ...memory, recordedAt: null } };
}

/** Reads and writes the stream of one instance. */
export class InstanceHistory {
  readonly streams: InstanceStreams;

  constructor(store: EventStore, service: string, options: SnapshotOptions = {}) {
    this.streams = new InstanceStreams(store, service, options);
  }

  /** An unregistered instance is absent, not an error. */
  load(instanceId: string): Promise<LoadedInstance> {
    return this.streams.load(instanceStream(instanceId));
  }

  /** The newest event alone; null for an instance that is not registered. */
  last(instanceId: string): Promise<StoredEvent | null> {
    return this.streams.last(instanceStream(instanceId));
  }

  /** One event of what was loaded; undefined if the stream does not reach as far. */
  async eventAt(
    { events, head }: LoadedInstance,
    { stream, revision }: Pick<StoredEvent, 'stream' | 'revision'>,
  ): Promise<StoredEvent | undefined> {
    const loaded = events.find((each) => each.revision === revision);
    if (loaded !== undefined || revision > head.revision) return loaded;
    return this.streams.eventAt(stream, revision);
  }

  /** Newest first, back to the first event of the stream: what was loaded, and then what a snapshot stands for. */
  async *backFrom(
    instanceId: string,
    { events, head }: LoadedInstance,
  ): AsyncGenerator<StoredEvent> {
    yield* events.toReversed();
    const oldest = events[0]?.revision ?? head.revision + 1;
    yield* this.streams.before(instanceStream(instanceId), oldest);
  }

  /**
   * In what a snapshot differs from the events before it, back to the snapshot before: that one is to be held against those
   * before it in turn. Empty for other events, and for a snapshot at which no reading begins.
   */
  differencesOf(stored: StoredEvent): Promise<readonly string[]> {
    const { stream, revision } = stored;
    return differencesOf(stored, () => this.streams.loadUpTo(stream, revision - 1));
  }

  append(
    instanceId: string,
    head: StreamHead,
    events: readonly InstanceEvent[],
    cause: Cause,
  ): Promise<Appended> {
    return this.streams.append(instanceStream(instanceId), head, events, cause);
  }
}
