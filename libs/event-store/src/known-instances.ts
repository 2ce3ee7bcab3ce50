import type { InstanceState } from '@uplift/domain';
import type { Clock } from '@uplift/runtime';
import type { Remembered } from './stream-history';

type RememberedInstance = Remembered<InstanceState>;

/** A stream may be cut off behind what is known of it: so late it is noticed at the latest. */
const BELIEVED_FOR_MS = 60_000;
/** A store that is put back to an older copy takes longer to be there again. */
const NEWEST_FOR_MS = 30_000;
/** Events that were appended without a reading: the next one begins in front of them. */
const MOST_UNREAD = 64;
const MOST_CHARACTERS = 16 * 1_024 * 1_024;

interface Entry {
  /** As it was read; absent: this process began the stream, and has not read it. */
  readonly known: RememberedInstance | undefined;
  /** Where the stream was found or left to end, and when. */
  readonly newest: { readonly known: RememberedInstance; readonly at: number } | undefined;
  /** Full pages of commands, by the revision of the snapshot that holds them. */
  readonly pages: ReadonlyMap<number, string>;
  /** When its stream was found to have its first event. */
  readonly wholeAt: number;
  /** About what it takes in memory. */
  readonly characters: number;
}

/**
 * Instances as this process has read or left them lately, as many as there is room for. Others go on with them: what was
 * read is where the next reading begins, what was left is what an append is tried on, and neither is for certain the
 * present state.
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
    const { known, newest } = this.entries.get(stream) ?? {};
    if (newest === undefined || this.isOld(stream)) return undefined;
    const unread = newest.known.head.revision - (known?.head.revision ?? -1);
    const isNew = this.clock.monotonic() - newest.at < NEWEST_FOR_MS;
    return isNew && unread <= MOST_UNREAD ? newest.known : undefined;
  }

  /** It may go on behind what is known. */
  doubt(stream: string): void {
    const entry = this.entries.get(stream);
    if (entry?.newest === undefined) return;
    this.entries.set(stream, { ...entry, newest: { ...entry.newest, at: -Infinity } });
  }

  /** What is behind the connection may be another store. */
  doubtAll(): void {
    for (const stream of [...this.entries.keys()]) this.doubt(stream);
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

  /** After a reading that went on with what is known, or that found nothing known. */
  keep(stream: string, known: RememberedInstance): void {
    const read = withoutEvents(known);
    this.put(stream, { ...this.entryOf(stream), known: read, newest: this.asNewest(read) });
  }

  /** After an append of this process. */
  keepLeft(stream: string, left: RememberedInstance): void {
    this.put(stream, { ...this.entryOf(stream), newest: this.asNewest(left) });
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

  private entryOf(stream: string): Omit<Entry, 'characters'> {
    const wholeAt = this.clock.monotonic();
    return (
      this.entries.get(stream) ?? { known: undefined, newest: undefined, pages: new Map(), wholeAt }
    );
  }

  private asNewest(known: RememberedInstance): Entry['newest'] {
    return { known, at: this.clock.monotonic() };
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

function withoutEvents({ state, head, position, memory }: RememberedInstance): RememberedInstance {
  return { state, head, position, memory };
}

function charactersOf({ known, newest, pages }: Omit<Entry, 'characters'>): number {
  const ofPages = [...pages.values()].reduce((sum, { length }) => sum + length, 0);
  const held = new Set([known, newest?.known]);
  return [...held].reduce((sum, each) => sum + (each ? sizeOf(each) : 0), ofPages);
}

function sizeOf({ state, memory }: RememberedInstance): number {
  return JSON.stringify(state).length + memory.commands.page.length;
}
