import type { LogRecord } from '../log/log-record';
import type { RecordLog } from '../log/record-log.port';
import type { ReadStart } from './read-plan';

const PAGE = 256;

export type Pages = Iterable<readonly LogRecord[]>;

/** `$all` up to what is committed now: a busy log would never end otherwise. */
export function* allForwards(log: RecordLog, start: ReadStart): Pages {
  const end = log.lastPosition;
  let next = start === 'start' ? 1 : start === 'end' ? end + 1 : start;
  while (next <= end) {
    const page = log.scan(next, Math.min(PAGE, end - next + 1));
    yield page;
    next = Math.max(next, 1) + page.length;
  }
}

/** An explicit position is exclusive here, unlike forwards. */
export function* allBackwards(log: RecordLog, start: ReadStart): Pages {
  let last = start === 'start' ? 0 : start === 'end' ? log.lastPosition : start - 1;
  last = Math.min(last, log.lastPosition);
  while (last >= 1) {
    const first = Math.max(1, last - PAGE + 1);
    yield log.scan(first, last - first + 1).toReversed();
    last = first - 1;
  }
}

export interface RevisionRange {
  readonly stream: string;
  readonly first: number;
  readonly last: number;
}

export function* streamForwards(log: RecordLog, range: RevisionRange): Pages {
  for (let next = range.first; next <= range.last; next += PAGE) {
    yield log.scanStream(range.stream, next, Math.min(PAGE, range.last - next + 1));
  }
}

export function* streamBackwards(log: RecordLog, range: RevisionRange): Pages {
  for (let last = range.last; last >= range.first; last -= PAGE) {
    const first = Math.max(range.first, last - PAGE + 1);
    yield log.scanStream(range.stream, first, last - first + 1).toReversed();
  }
}
