import { setImmediate } from 'node:timers/promises';
import { TOMBSTONE_REVISION, type LogRecord } from '../log/log-record';
import type { RecordLog } from '../log/record-log.port';
import { streamDeleted } from '../wire/call-failure';
import {
  firstStreamPosition,
  lastAllStreamPosition,
  lastStreamPosition,
  streamNotFound,
} from '../wire/read-response';
import type { Presentation } from './event-presentation';
import {
  allBackwards,
  allForwards,
  streamBackwards,
  streamForwards,
  type Pages,
} from './finite-pages';
import type { ReadPlan, ReadStart, ReadTarget } from './read-plan';
import type { ReadSink } from './read-sink';
import { visibleRangeOf, type ReadSide } from './read-side';
import type { VisibleRange } from './visible-range';

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
  const { pages, isSent, preface } = select(side, plan);
  await sink.send(preface);
  let left = plan.count ?? 0;
  for (const page of left > 0 ? pages : []) {
    const records = page.filter(isSent).slice(0, left);
    await sink.send(records.map(present));
    left -= records.length;
    if (left === 0 || sink.isClosed) break;
    await setImmediate();
  }
  sink.end();
}

function select(side: ReadSide, plan: ReadPlan): Selection {
  const { target } = plan;
  return target.kind === 'all'
    ? selectAll(side.log, plan, target.start)
    : selectStream(side, plan, target);
}

function selectAll(log: RecordLog, plan: ReadPlan, start: ReadStart): Selection {
  return {
    pages: plan.isBackwards ? allBackwards(log, start) : allForwards(log, start),
    isSent: plan.filter?.matches ?? (() => true),
    preface: plan.reportsStreamEnds ? [lastAllStreamPosition(log.lastPosition)] : [],
  };
}

function selectStream(
  side: ReadSide,
  plan: ReadPlan,
  target: Extract<ReadTarget, { kind: 'stream' }>,
): Selection {
  const { log } = side;
  const { stream, start } = target;
  const last = log.lastRevision(stream);
  if (last === TOMBSTONE_REVISION) throw streamDeleted(stream);
  const visible = visibleRangeOf(side, stream);
  const isSent = (record: LogRecord) => visible.isYoungEnough(record);
  if (last === -1 || visible.isSoftDeleted) {
    return { pages: [], isSent, preface: [streamNotFound(stream)] };
  }
  const preface = plan.reportsStreamEnds
    ? [firstStreamPosition(visible.first), lastStreamPosition(last)]
    : [];
  const range = { stream, ...revisionsOf(plan.isBackwards, start, last, visible) };
  const pages = plan.isBackwards ? streamBackwards(log, range) : streamForwards(log, range);
  return { pages, isSent, preface };
}

function revisionsOf(
  isBackwards: boolean,
  start: ReadStart,
  last: number,
  visible: VisibleRange,
): { first: number; last: number } {
  const explicit = start === 'start' ? 0 : start === 'end' ? last : start;
  if (isBackwards) return { first: visible.first, last: Math.min(explicit, last) };
  const first = start === 'end' ? last + 1 : Math.max(explicit, visible.first);
  return { first, last };
}
