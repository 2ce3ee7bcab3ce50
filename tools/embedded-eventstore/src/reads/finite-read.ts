import { setImmediate } from 'node:timers/promises';
import { TOMBSTONE_REVISION, type LogRecord, type RecordLog } from '../persistence/record-log.port';
import { invalidArgument, streamDeleted, unexpectedResult } from '../protocol/call-failure';
import {
  firstStreamPosition,
  lastAllStreamPosition,
  lastStreamPosition,
  streamNotFound,
} from '../protocol/read-response';
import { describedStreamOf, visibleRangeOf } from '../streams/stream-metadata';
import type { Presentation } from './event-presentation';
import type { ReadPlan, ReadStart, ReadTarget } from './read-request';
import type { ReadSink } from './read-sink';

/** Most records looked at before others have their turn. */
const PAGE = 256;

type Pages = Iterable<readonly LogRecord[]>;
type Scan = (first: number, limit: number) => readonly LogRecord[];
type StreamTarget = Extract<ReadTarget, { kind: 'stream' }>;

/** Positions or revisions, both ends included. */
interface Range {
  readonly first: number;
  readonly last: number;
}

/** What every read needs: the committed events and the clock that `$maxAge` is measured with. */
export interface ReadSide {
  readonly log: RecordLog;
  /** What clients see of a position is a multiple of this. */
  readonly positionStep: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

interface Selection {
  readonly pages: Pages;
  readonly isSent: (record: LogRecord) => boolean;
  /** Messages before the events; alone when there is nothing to read. */
  readonly preface: readonly Uint8Array[];
}

/** Sends what was committed when the read began, then ends. */
export async function runFiniteRead(
  side: ReadSide,
  plan: ReadPlan,
  sink: ReadSink,
  present: Presentation,
): Promise<void> {
  const { target } = plan;
  if (plan.count === 0) return readNothing(plan);
  const { pages, isSent, preface } =
    target.kind === 'all' ? selectAll(side, plan, target.start) : selectStream(side, plan, target);
  await sink.send(preface);
  let left = plan.count ?? 0;
  for (const page of pages) {
    const records = page.filter(isSent).slice(0, left);
    await sink.send(records.map(present));
    left -= records.length;
    if (left === 0 || sink.isClosed) break;
    await setImmediate();
  }
  sink.end();
}

/** Refuses a position that is no event's own. Beyond the end nothing can be told yet, so that is accepted. */
export function allPosition({ log, positionStep }: ReadSide, start: ReadStart): ReadStart {
  if (typeof start !== 'number') return start;
  const position = start / positionStep;
  if (position <= log.lastPosition && !Number.isInteger(position)) {
    throw invalidArgument('Trying to read from an invalid position.');
  }
  return Math.ceil(position);
}

/** The real server never answers such a read of `$all`. */
function readNothing({ target }: ReadPlan): void {
  if (target.kind === 'stream') throw unexpectedResult();
}

function selectAll(side: ReadSide, plan: ReadPlan, start: ReadStart): Selection {
  const { log, positionStep } = side;
  const end = log.lastPosition;
  const scan: Scan = (position, limit) => log.scan(position, limit);
  const range = positionsOf(plan.isBackwards, allPosition(side, start), end);
  return {
    pages: pagesOf(scan, range, plan),
    isSent: plan.filter?.matches ?? (() => true),
    preface: plan.reportsStreamEnds ? [lastAllStreamPosition(end * positionStep)] : [],
  };
}

function selectStream({ log, now }: ReadSide, plan: ReadPlan, target: StreamTarget): Selection {
  const { stream, start } = target;
  const last = log.lastRevision(stream);
  if (isTombstoned(log, stream)) throw streamDeleted(stream);
  if (start === 'end' && !plan.isBackwards) throw unexpectedResult();
  const visible = visibleRangeOf(log, stream, now());
  const isSent = (record: LogRecord) => visible.isYoungEnough(record);
  if (last === -1 || visible.isSoftDeleted) {
    return { pages: [], isSent, preface: [streamNotFound(stream)] };
  }
  const preface = plan.reportsStreamEnds
    ? [firstStreamPosition(visible.first), lastStreamPosition(last)]
    : [];
  const scan: Scan = (revision, limit) => log.scanStream(stream, revision, limit);
  const range = revisionsOf(plan.isBackwards, start, { first: visible.first, last });
  return { pages: pagesOf(scan, range, plan), isSent, preface };
}

/** The stream itself, or the one that it describes. */
function isTombstoned(log: RecordLog, stream: string): boolean {
  return log.lastRevision(describedStreamOf(stream) ?? stream) === TOMBSTONE_REVISION;
}

/** What is committed now: a busy log would never end otherwise. An explicit position is exclusive backwards. */
function positionsOf(isBackwards: boolean, start: ReadStart, end: number): Range {
  if (isBackwards) {
    const last = start === 'start' ? 0 : start === 'end' ? end : start - 1;
    return { first: 1, last: Math.min(last, end) };
  }
  const first = start === 'start' ? 1 : start === 'end' ? end + 1 : start;
  return { first: Math.max(first, 1), last: end };
}

function revisionsOf(isBackwards: boolean, start: ReadStart, { first, last }: Range): Range {
  const explicit = start === 'start' ? 0 : start === 'end' ? last : start;
  if (isBackwards) return { first, last: Math.min(explicit, last) };
  return { first: start === 'end' ? last + 1 : Math.max(explicit, first), last };
}

/** The first page holds no more than was asked for: most reads ask for the newest event alone. */
function* pagesOf(scan: Scan, { first, last }: Range, { count, isBackwards }: ReadPlan): Pages {
  let size = Math.min(PAGE, count ?? PAGE);
  for (let read = 0; first + read <= last;) {
    const limit = Math.min(size, last - first - read + 1);
    if (isBackwards) yield scan(last - read - limit + 1, limit).toReversed();
    else yield scan(first + read, limit);
    read += limit;
    size = PAGE;
  }
}
