import { EVENTS_STREAM, EVENT_SUBJECT_ROOT, eventTypeFilter } from '@uplift/contracts';

/** One durable pull consumer: which events a stage gets, and how many at once. */
export interface ConsumerRow {
  readonly durable: string;
  readonly stage: string;
  readonly filterSubject: string;
  /** Silence of a worker after which its messages go to another one, in milliseconds. */
  readonly ackWaitMs: number;
  /** Most messages in the hands of all workers together. */
  readonly maxAckPending: number;
  /** Most messages asked for in one pull. */
  readonly batch: number;
  /** Most handlers running at once in one process. */
  readonly concurrency: number;
}

export const EVENTS_STREAM_SETTINGS = {
  name: EVENTS_STREAM,
  subjects: [`${EVENT_SUBJECT_ROOT}.>`],
  duplicateWindowMs: 100,
} as const;

const SHORT_WORK = { ackWaitMs: 5_000, maxAckPending: 4_096, batch: 256, concurrency: 256 };

/** Each message is held for long, for a build's end or a core's room: many in hand, hardly any work per message. */
const LONG_HELD = { ackWaitMs: 10_000, maxAckPending: 20_000, batch: 500, concurrency: 20_000 };

export const CONSUMERS = [
  row('pre-upgrade', 'pre-upgrade', 'UpgradeRequested', SHORT_WORK),
  row('pre-upgrade-retry', 'pre-upgrade', 'UpgradeRetried', SHORT_WORK),
  row('upgrade', 'upgrade', 'UpgradePending', { ...LONG_HELD, batch: SHORT_WORK.batch }),
  row('poll-upgrade', 'poll-upgrade', 'DeploymentAccepted', LONG_HELD),
  row('verify', 'poll-upgrade', 'PostUpgradeCompleted', LONG_HELD),
  row('verify-cancelled', 'poll-upgrade', 'DeploymentCancelled', LONG_HELD),
  row('cancel', 'poll-upgrade', 'UpgradeCancelRequested', LONG_HELD),
  row('late-outcome', 'poll-upgrade', 'UpgradeFailed', LONG_HELD),
  row('post-upgrade', 'post-upgrade', 'PostUpgradePending', SHORT_WORK),
] as const satisfies readonly ConsumerRow[];

/** What is to exist: the table, but for what this installation wants otherwise. */
export function consumerRows(wanted: { readonly ackWaitMs?: number } = {}): readonly ConsumerRow[] {
  const { ackWaitMs } = wanted;
  return ackWaitMs === undefined ? CONSUMERS : CONSUMERS.map((row) => ({ ...row, ackWaitMs }));
}

export type DurableName = (typeof CONSUMERS)[number]['durable'];

export function consumerRow(durable: string): ConsumerRow | undefined {
  return CONSUMERS.find((consumer) => consumer.durable === durable);
}

type Limits = Omit<ConsumerRow, 'durable' | 'stage' | 'filterSubject'>;

function row<D extends string>(durable: D, stage: string, eventType: string, limits: Limits) {
  return { durable, stage, filterSubject: eventTypeFilter('instance', eventType), ...limits };
}
