import type { InstanceState } from '@uplift/domain';
import type { Clock } from '@uplift/runtime';
import type { Remembered } from './stream-history';

type RememberedInstance = Remembered<InstanceState>;

/** A stream may be cut off behind what is known of it: so late it is noticed at the latest. */
const BELIEVED_FOR_MS = 60_000;
const MOST_CHARACTERS = 16 * 1_024 * 1_024;

interface Entry {
  readonly known: RememberedInstance;
  /** Full pages of commands, by the revision of the snapshot that holds them. */
  readonly pages: ReadonlyMap<number, string>;
  /** When its stream was found to have its first event. */
  readonly wholeAt: number;
}

/**
 * Instances as this process has read them lately, as many as there is room for. Others go on with them: what is known
 * here is where the reading begins, and never the present state.
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
  keep(stream: string, { state, head, position, memory }: RememberedInstance): void {
    const { pages = new Map(), wholeAt = this.clock.monotonic() } = this.entries.get(stream) ?? {};
    this.put(stream, { known: { state, head, position, memory }, pages, wholeAt });
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
    const entry = this.entries.get(stream);
    if (entry === undefined) return;
    this.characters -= charactersOf(entry);
    this.entries.delete(stream);
  }

  private put(stream: string, entry: Entry): void {
    this.forget(stream);
    this.entries.set(stream, entry);
    this.characters += charactersOf(entry);
    for (const oldest of this.entries.keys()) {
      if (this.characters <= this.most) return;
      this.forget(oldest);
    }
  }
}

/** About what it takes in memory. */
function charactersOf({ known: { state, memory }, pages }: Entry): number {
  const ofPages = [...pages.values()].reduce((sum, { length }) => sum + length, 0);
  return JSON.stringify(state).length + memory.commands.page.length + ofPages;
}
