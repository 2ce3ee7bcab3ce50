import type { InstanceState } from '@uplift/domain';
import type { Clock } from '@uplift/runtime';
import type { Remembered } from './stream-history';

type RememberedInstance = Remembered<InstanceState>;

/** A stream may be cut off behind what is known of it: so late it is noticed at the latest. */
const BELIEVED_FOR_MS = 60_000;
/** A store that is put back to an older copy takes longer to be there again. */
const NEWEST_FOR_MS = 30_000;
const MOST_CHARACTERS = 16 * 1_024 * 1_024;

interface Entry {
  readonly known: RememberedInstance;
  /** Full pages of commands, by the revision of the snapshot that holds them. */
  readonly pages: ReadonlyMap<number, string>;
  /** When its stream was found to have its first event. */
  readonly wholeAt: number;
  /** When its stream was found to end here. */
  readonly newestAt: number;
  /** About what it takes in memory. */
  readonly characters: number;
}

/**
 * Instances as this process has read or left them lately, as many as there is room for. Others go on with them: what is
 * known here is where the reading begins, or what an append is tried on, and never for certain the present state.
 */
export class KnownInstances {
  /** The least recently used first. */
  private readonly entries = new Map<string, Entry>();
  private characters = 0;

  constructor(
    private readonly clock: Pick<Clock, 'monotonic'>,
    private readonly most = MOST_CHARACTERS,
  ) {}

  of(stream: string): RememberedInstance | undefined {
    return this.entries.get(stream)?.known;
  }

  /** Where its stream ended a short while ago. */
  newest(stream: string): RememberedInstance | undefined {
    const { known, newestAt = -Infinity } = this.entries.get(stream) ?? {};
    const isNewest = this.clock.monotonic() - newestAt < NEWEST_FOR_MS;
    return isNewest && !this.isOld(stream) ? known : undefined;
  }

  /** It may go on behind what is known. */
  doubt(stream: string): void {
    const entry = this.entries.get(stream);
    if (entry !== undefined) this.entries.set(stream, { ...entry, newestAt: -Infinity });
  }

  /** What is behind the connection may be another store. */
  doubtAll(): void {
    for (const stream of this.entries.keys()) this.doubt(stream);
  }

  /** Of the stream that is known: a page never changes. */
  pageOf(stream: string, revision: number): string | undefined {
    return this.entries.get(stream)?.pages.get(revision);
  }

  /** Whether its first event has to be asked for again. */
  isOld(stream: string): boolean {
    const { wholeAt = -Infinity } = this.entries.get(stream) ?? {};
    return this.clock.monotonic() - wholeAt >= BELIEVED_FOR_MS;
  }

  /** After a reading that went on with what is known, or that found nothing known, and after an append to it. */
  keep(stream: string, { state, head, position, memory }: RememberedInstance): void {
    const now = this.clock.monotonic();
    const before = this.entries.get(stream);
    if (before !== undefined && before.known.head.revision > head.revision) return;
    const { pages = new Map(), wholeAt = now } = before ?? {};
    this.put(stream, { known: { state, head, position, memory }, pages, wholeAt, newestAt: now });
  }

  keepPage(stream: string, revision: number, page: string): void {
    const entry = this.entries.get(stream);
    if (entry === undefined) return;
    this.put(stream, { ...entry, pages: new Map([...entry.pages, [revision, page]]) });
  }

  /** Its first event is there. */
  confirm(stream: string): void {
    const entry = this.entries.get(stream);
    if (entry !== undefined) this.put(stream, { ...entry, wholeAt: this.clock.monotonic() });
  }

  forget(stream: string): void {
    this.characters -= this.entries.get(stream)?.characters ?? 0;
    this.entries.delete(stream);
  }

  private put(stream: string, entry: Omit<Entry, 'characters'>): void {
    this.forget(stream);
    const characters = charactersOf(entry);
    this.entries.set(stream, { ...entry, characters });
    this.characters += characters;
    for (const oldest of this.entries.keys()) {
      if (this.characters <= this.most) return;
      this.forget(oldest);
    }
  }
}

function charactersOf({ known: { state, memory }, pages }: Omit<Entry, 'characters'>): number {
  const ofPages = [...pages.values()].reduce((sum, { length }) => sum + length, 0);
  return JSON.stringify(state).length + memory.commands.page.length + ofPages;
}
