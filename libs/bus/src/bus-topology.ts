import { EVENTS_STREAM, EVENT_SUBJECT_ROOT, eventTypeFilter } from '@uplift/contracts';
import type { DurableName } from '@uplift/domain';
import { durablesOf, LIFECYCLE_ROWS } from '@uplift/domain';

export type { DurableName } from '@uplift/domain';

interface Limits {
  /** Silence of a worker after which its messages go to another one, in milliseconds. */
  readonly ackWaitMs: number;
  /** Most messages in the hands of all workers together. */
  readonly maxAckPending: number;
  /** Most messages asked for in one pull. */
  readonly batch: number;
  /** Most handlers running at once in one process. */
  readonly concurrency: number;
}

/** One durable pull consumer: which events a stage gets, and how many at once. */
export interface ConsumerRow extends Limits {
  readonly durable: DurableName;
  readonly filterSubject: string;
}

export const EVENTS_STREAM_SETTINGS = {
  name: EVENTS_STREAM,
  subjects: [`${EVENT_SUBJECT_ROOT}.>`],
  duplicateWindowMs: 100,
} as const;

const SHORT_WORK = { ackWaitMs: 5_000, maxAckPending: 4_096, batch: 256, concurrency: 256 };

/** Each message is held for long, for a build's end or a core's room: many in hand, hardly any work per message. */
const LONG_HELD = { ackWaitMs: 10_000, maxAckPending: 20_000, batch: 500, concurrency: 20_000 };

/** Held until a core has room, then real work. */
const ADMITTED = { ...LONG_HELD, batch: SHORT_WORK.batch };

const LIMITS: Record<DurableName, Limits> = {
  'pre-upgrade': ADMITTED,
  upgrade: ADMITTED,
  'poll-upgrade': LONG_HELD,
  verify: LONG_HELD,
  'verify-cancelled': LONG_HELD,
  cancel: LONG_HELD,
  'verify-script-cancelled': LONG_HELD,
  'late-pre-upgrade': LONG_HELD,
  'late-outcome': LONG_HELD,
  'verify-abandoned': LONG_HELD,
  resolve: SHORT_WORK,
  'late-post-upgrade': LONG_HELD,
  'post-upgrade': SHORT_WORK,
  'pre-upgrade-retry': ADMITTED,
  'upgrade-retry': ADMITTED,
  'post-upgrade-retry': SHORT_WORK,
  'poll-upgrade-retry': LONG_HELD,
  'pre-upgrade-redriven': ADMITTED,
  'upgrade-redriven': ADMITTED,
  'post-upgrade-redriven': SHORT_WORK,
  'poll-upgrade-redriven': LONG_HELD,
};

/** One for every event of the lifecycle table that names a consumer. */
export const CONSUMERS: readonly ConsumerRow[] = LIFECYCLE_ROWS.flatMap(([type, row]) =>
  durablesOf(row).map((durable) => ({
    durable,
    filterSubject: eventTypeFilter('instance', type),
    ...LIMITS[durable],
  })),
);

/** What is to exist: the table, but for what this installation wants otherwise. */
export function consumerRows(wanted: { readonly ackWaitMs?: number } = {}): readonly ConsumerRow[] {
  const { ackWaitMs } = wanted;
  return ackWaitMs === undefined ? CONSUMERS : CONSUMERS.map((row) => ({ ...row, ackWaitMs }));
}

export function consumerRow(durable: string): ConsumerRow | undefined {
  return CONSUMERS.find((consumer) => consumer.durable === durable);
}
