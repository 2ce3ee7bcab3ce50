import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Actor, StoredEvent } from '@uplift/contracts';
import { checkpointStream } from '@uplift/contracts';
import { deterministicEventId } from './event-id';
import { headOf, NO_STREAM, StreamGoneError, StreamNotFoundError } from './event-store.port';
import type { EventStore, EventToAppend, StreamHead } from './event-store.port';

/** An event of the store: what was folded includes it, and nothing behind it. */
export interface FoldPlace {
  readonly position: bigint;
  readonly eventId: string;
  readonly hash: string;
}

export interface Checkpoint {
  readonly place: FoldPlace;
  /** Lines of JSON; throws where they are not what was written. */
  readonly lines: () => Iterable<string>;
}

export interface CheckpointWriter {
  readonly actor: Actor;
  /** Process kind that goes into the metadata. */
  readonly service: string;
}

export interface CheckpointSize {
  readonly pages: number;
  /** Of all contents. */
  readonly bytes: number;
}

export interface UnfinishedPage {
  readonly pageId: string;
  /** Of the actor. */
  readonly writtenBy: string;
}

/** What the stream ends with. */
export interface CheckpointEnd {
  /** Null where there is nothing. */
  readonly last: StoredEvent | null;
  /** Where the newest checkpoint stands, if it is finished. */
  readonly position: bigint | null;
  /** The last page, if more were to follow: its writer is at it, or has died. */
  readonly unfinished: UnfinishedPage | null;
}

export interface HowToWrite {
  /** Behind this, and nothing else. */
  readonly end: CheckpointEnd;
  /** Awaited between two pages. */
  readonly rest: () => Promise<void>;
}

/** Text in one page, in bytes: also where nothing of it can be compressed it fits into an event. */
const PAGE_BYTES = 180 * 1024;
/** Pages of one checkpoint that are written and read: some 350 MB of text. */
const MOST_PAGES = 2_000;
const TYPE = 'FoldCheckpointed';

/** The data of one event. */
interface Page {
  readonly checkpoint: string;
  /** From 0; the last one has no content. */
  readonly page: number;
  /** Gzip, base64. */
  readonly content: string;
  /** Revision of the last page of the checkpoint before; -1: there is none. */
  readonly before: number;
  /** Only in the last page: without it the checkpoint was never finished. */
  readonly end?: PageEnd;
}

interface PageEnd {
  readonly pages: number;
  /** SHA-256 (hex) of all contents. */
  readonly digest: string;
  readonly position: string;
  readonly eventId: string;
  readonly hash: string;
}

/**
 * Checkpoints in a stream of the store itself, in pages: one is only there when its last page is. So it goes where the
 * store goes: a store that is put back has none that is newer than its events.
 */
export class CheckpointStream {
  private stream: string;
  /** Streams of this name that were tombstoned. */
  private gone = 0;

  constructor(
    private readonly store: EventStore,
    private readonly name: string,
    private readonly writer: CheckpointWriter,
  ) {
    this.stream = checkpointStream(name);
  }

  async end(): Promise<CheckpointEnd> {
    const last = await this.last();
    const page = pageIn(last);
    if (last === null || page === null) return { last, position: null, unfinished: null };
    if (page.end !== undefined) {
      return { last, position: BigInt(page.end.position), unfinished: null };
    }
    const unfinished = { pageId: last.id, writtenBy: last.metadata.actor.id };
    return { last, position: null, unfinished };
  }

  /** The newest first. Unfinished ones are passed over. */
  async *newest({ last }: CheckpointEnd): AsyncGenerator<Checkpoint> {
    for (let page = pageIn(last); last !== null && page !== null; page = pageIn(last)) {
      const { end } = page;
      if (end !== undefined) yield await this.checkpointAt(last.revision, end);
      const [before] = page.before < 0 ? [] : await this.pages(page.before, 1);
      last = before ?? null;
    }
  }

  /** Returns the size of what was written. Rejects with RevisionConflictError if somebody else writes there. */
  async write(
    { position, eventId, hash }: FoldPlace,
    lines: Iterable<string>,
    { end: { last }, rest }: HowToWrite,
  ): Promise<CheckpointSize> {
    const before = lastFinished(last);
    let head = last === null ? NO_STREAM : headOf([last]);
    const digest = createHash('sha256');
    const checkpoint = deterministicEventId(eventId, this.writer.actor.id, head.revision + 1);
    let [pages, bytes] = [0, 0];
    const put = async (content: string, end?: PageEnd) => {
      if (pages > MOST_PAGES) throw new RangeError(`It has more than ${MOST_PAGES} pages`);
      const data: Page = { checkpoint, page: pages, content, before, ...(end && { end }) };
      head = await this.append(head, this.eventOf(data, eventId));
    };
    for (const text of cut(lines)) {
      const packed = gzipSync(text, { level: 1 });
      digest.update(packed);
      await put(packed.toString('base64'));
      pages += 1;
      bytes += packed.length;
      await rest();
    }
    const of = { position: position.toString(), eventId, hash };
    await put('', { pages, digest: digest.digest('hex'), ...of });
    return { pages: pages + 1, bytes };
  }

  /** Of the first stream of this name that the store keeps: nothing can be written to one that was tombstoned. */
  private last(): Promise<StoredEvent | null> {
    return this.store.lastOf(this.stream).catch((error: unknown) => {
      if (!(error instanceof StreamGoneError)) throw error;
      this.gone += 1;
      this.stream = checkpointStream(`${this.name}.${this.gone}`);
      return this.last();
    });
  }

  /** The first page in a stream that was deleted is stored, although not where it was expected. */
  private async append(head: StreamHead, event: EventToAppend): Promise<StreamHead> {
    try {
      return (await this.store.append(this.stream, head, [event])).head;
    } catch (error) {
      const last = error instanceof StreamGoneError ? await this.last() : null;
      if (last?.id !== event.id) throw error;
      return headOf([last]);
    }
  }

  private eventOf(data: Page, causationId: string) {
    const { checkpoint, page } = data;
    const cause = { $correlationId: checkpoint, $causationId: causationId };
    const metadata = { ...cause, ...this.writer, schemaVersion: 1 };
    return { id: deterministicEventId(checkpoint, TYPE, page), type: TYPE, data, metadata };
  }

  private async checkpointAt(lastRevision: number, end: PageEnd): Promise<Checkpoint> {
    const { position, eventId, hash, pages } = end;
    const found =
      pages > 0 && pages <= MOST_PAGES ? await this.pages(lastRevision - pages, pages) : [];
    return {
      place: { position: BigInt(position), eventId, hash },
      lines: () => linesOf(found, end),
    };
  }

  /** Fewer where they were let go. */
  private async pages(first: number, count: number): Promise<readonly StoredEvent[]> {
    try {
      return await this.store.load(this.stream, Math.max(0, first), count);
    } catch (error) {
      if (error instanceof StreamGoneError || error instanceof StreamNotFoundError) return [];
      throw error;
    }
  }
}

function lastFinished(last: StoredEvent | null): number {
  const page = pageIn(last);
  if (page === null || last === null) return -1;
  return page.end === undefined ? page.before : last.revision;
}

/** Pieces of equal size, in bytes. */
function* cut(lines: Iterable<string>): Generator<Buffer> {
  let held: Buffer[] = [];
  let size = 0;
  for (const line of lines) {
    const text = Buffer.from(`${line}\n`);
    held.push(text);
    size += text.length;
    if (size < PAGE_BYTES) continue;
    const all = Buffer.concat(held);
    const whole = all.length - (all.length % PAGE_BYTES);
    for (let at = 0; at < whole; at += PAGE_BYTES) yield all.subarray(at, at + PAGE_BYTES);
    held = [all.subarray(whole)];
    size = all.length - whole;
  }
  if (size > 0) yield Buffer.concat(held);
}

function* linesOf(found: readonly StoredEvent[], end: PageEnd): Generator<string> {
  const pages = found.map(contentOf);
  const digest = createHash('sha256');
  for (const page of pages) digest.update(page);
  if (pages.length !== end.pages || digest.digest('hex') !== end.digest) {
    throw new RangeError('pages are missing, or are not what was written');
  }
  let rest = Buffer.alloc(0);
  for (const page of pages) {
    const text = Buffer.concat([rest, gunzipSync(page, { maxOutputLength: PAGE_BYTES })]);
    let from = 0;
    for (let to = text.indexOf(10); to >= 0; to = text.indexOf(10, from)) {
      yield text.toString('utf8', from, to);
      from = to + 1;
    }
    rest = text.subarray(from);
  }
  if (rest.length > 0) throw new RangeError('the last line is cut off');
}

function contentOf(event: StoredEvent): Buffer {
  return Buffer.from(pageIn(event)?.content ?? '', 'base64');
}

/** Null for what is no page: anybody may have written it. */
function pageIn(event: StoredEvent | null): Page | null {
  if (event?.type !== TYPE || event.damage !== undefined) return null;
  const page = event.data as Page;
  // Only what is before it can be the one before.
  const isSound = isPage(page) && page.before < event.revision;
  return isSound && (page.end === undefined || isEnd(page.end)) ? page : null;
}

function isPage({ checkpoint, content, page, before }: Page): boolean {
  const isText = typeof checkpoint === 'string' && typeof content === 'string';
  return isText && isCount(page) && Number.isSafeInteger(before);
}

function isEnd({ pages, digest, position, eventId, hash }: PageEnd): boolean {
  const isPlace = [digest, eventId, hash].every((text) => typeof text === 'string');
  return isCount(pages) && isPlace && typeof position === 'string' && /^\d{1,19}$/.test(position);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
