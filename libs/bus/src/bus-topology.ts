import { EVENTS_STREAM, EVENT_SUBJECT_ROOT, eventTypeFilter } from '@uplift/contracts';
import type { DurableName, UpgradeStage } from '@uplift/domain';
import { durablesOf, LIFECYCLE_ROWS, UPGRADE_STAGES } from '@uplift/domain';

export type { DurableName } from '@uplift/domain';

interface Limits {
  /** Silence of a worker after which its messages go to another one, in milliseconds. */
  readonly ackWaitMs: number;
  /** Most messages in the hands of all workers together. */
  readonly maxAckPending: number;
  /** Most messages asked for in one pull. */
  readonly batch: number;
  /** Most handlers running at once in one process, and most messages held after them. */
  readonly concurrency: number;
  /** Most bytes of messages in one process that are not dealt with, or whose handler still runs. */
  readonly mostBytes: number;
}

/** One durable pull consumer: which events a stage gets, and how many at once. */
export interface ConsumerRow extends Limits {
  readonly durable: DurableName;
  readonly filterSubject: string;
  /** Whose processes take its messages. */
  readonly stage: UpgradeStage;
}

/** What is made of a message takes several times as much: its work order, the instance, and who works on it. */
const MOST_BYTES = 24 * 1_048_576;

const SHORT_WORK = {
  ...{ ackWaitMs: 5_000, maxAckPending: 4_096, batch: 256, concurrency: 256 },
  mostBytes: MOST_BYTES,
};

/** Each message is held for long, for a build's end or a core's room: many in hand, hardly any work per message. */
const LONG_HELD = {
  ...{ ackWaitMs: 10_000, maxAckPending: 20_000, batch: 500, concurrency: 20_000 },
  mostBytes: MOST_BYTES,
};

/** Held until its build has ended, with little more than its number. */
const FOLLOWED = { ...LONG_HELD, maxAckPending: 120_000, concurrency: 120_000 };

/**
 * Held until a core has room, then real work. The handler waits that long: the room is for as many messages of the
 * smallest kind as may be in hand, beside what is asked for meanwhile.
 */
const ADMITTED = { ...LONG_HELD, batch: SHORT_WORK.batch, mostBytes: 2 * MOST_BYTES };

const LIMITS: Record<DurableName, Limits> = {
  'pre-upgrade': ADMITTED,
  upgrade: ADMITTED,
  'poll-upgrade': FOLLOWED,
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
    stage: stageOf(durable),
    ...LIMITS[durable],
  })),
);

/** Whoever sends events on to other systems gets all of the stream, in batches. */
export const WEBHOOKS_CONSUMER = {
  ...{ durable: 'webhooks', filterSubject: `${EVENT_SUBJECT_ROOT}.>` },
  ...{ ackWaitMs: 10_000, maxAckPending: 4_096, batch: 256, mostBytes: MOST_BYTES },
} as const;

/** Each way in which a stage is opened has a consumer that bears its name; all else is for those who poll. */
function stageOf(durable: DurableName): UpgradeStage {
  const opened = UPGRADE_STAGES.find((stage) =>
    [stage, `${stage}-retry`, `${stage}-redriven`].includes(durable),
  );
  return opened ?? 'poll-upgrade';
}

/** What the relay makes. */
export const ALL_CONSUMERS = [...CONSUMERS, WEBHOOKS_CONSUMER] as const;

/** What this installation wants of stream and consumers beside the table. */
export interface TopologyOptions {
  /** Copies of the stream, each on a server of its own. */
  readonly replicas?: number;
  /** Size at which the stream refuses more (never drops old events); -1: no limit. */
  readonly maxBytes?: number;
  /** The servers that hold the stream: of this cluster, with these tags. */
  readonly placement?: { readonly cluster?: string; readonly tags?: readonly string[] };
  /** Silence of a worker after which its messages go to another one, in ms; absent: as the table says. */
  readonly ackWaitMs?: number;
}

/** Settings of a stream or consumer under the names that the server has for them. */
export type ServerSettings = Readonly<Record<string, unknown>>;

/** How a stream or a consumer is to be. */
export interface WantedSettings {
  readonly name: string;
  /** Corrected whenever it is otherwise. */
  readonly kept: ServerSettings;
  /** Set when it is made; from then on the operator's. */
  readonly atCreation: ServerSettings;
}

const NANOS_PER_MS = 1_000_000;
const DUPLICATE_WINDOW_MS = 100;
const MAX_WAITING = 512;

/** Nothing is sent on to other subjects, or taken in from elsewhere: a server asks nobody for the right to that. */
const KEPT_TO_ITSELF = {
  mirror: undefined,
  mirror_direct: false,
  sources: undefined,
  subject_transform: undefined,
  republish: undefined,
  consumer_limits: undefined,
  subject_delete_marker_ttl: undefined,
  allow_msg_counter: undefined,
  allow_msg_schedules: undefined,
  allow_atomic: undefined,
  allow_batched: undefined,
};

/** No event is ever dropped, deleted or read from a copy that lags: the last message is where the relay goes on. */
export function wantedStream({ replicas, maxBytes, placement }: TopologyOptions): WantedSettings {
  return {
    name: EVENTS_STREAM,
    kept: {
      subjects: [`${EVENT_SUBJECT_ROOT}.>`],
      storage: 'file',
      retention: 'limits',
      discard: 'new',
      discard_new_per_subject: false,
      max_age: 0,
      max_msgs: -1,
      max_msgs_per_subject: -1,
      max_msg_size: -1,
      deny_delete: true,
      deny_purge: true,
      allow_rollup_hdrs: false,
      allow_direct: false,
      no_ack: false,
      sealed: false,
      ...KEPT_TO_ITSELF,
      duplicate_window: DUPLICATE_WINDOW_MS * NANOS_PER_MS,
    },
    atCreation: {
      num_replicas: replicas ?? 1,
      max_bytes: maxBytes ?? -1,
      description: 'Every event of Uplift, in the order of its store',
      // No server takes it back. The relay's messages name no time to live.
      allow_msg_ttl: undefined,
      ...(placement === undefined ? {} : { placement }),
    },
  };
}

/** Every message is delivered until a worker has answered for it. */
export function wantedConsumers(options: TopologyOptions = {}): readonly WantedSettings[] {
  return ALL_CONSUMERS.map(({ durable, filterSubject, ackWaitMs, maxAckPending }) => ({
    name: durable,
    kept: {
      filter_subject: filterSubject,
      filter_subjects: undefined,
      ack_policy: 'explicit',
      ack_wait: (options.ackWaitMs ?? ackWaitMs) * NANOS_PER_MS,
      deliver_policy: 'all',
      replay_policy: 'instant',
      deliver_subject: undefined,
      max_deliver: -1,
      backoff: undefined,
      headers_only: false,
      inactive_threshold: 0,
      max_batch: 0,
      max_bytes: 0,
      max_expires: 0,
    },
    atCreation: { max_ack_pending: maxAckPending, max_waiting: MAX_WAITING },
  }));
}

/** Names of the kept settings that are otherwise. */
export function uncorrected(found: ServerSettings, { kept }: WantedSettings): readonly string[] {
  return Object.keys(kept).filter((name) => !isSame(found[name], kept[name]));
}

const REPORTED = [
  ...['num_replicas', 'max_bytes', 'placement', 'description', 'allow_msg_ttl'],
  'max_ack_pending',
];

/** What the operator has set otherwise, in words. */
export function differences(
  found: ServerSettings,
  { name, atCreation }: WantedSettings,
): readonly string[] {
  const changed = REPORTED.filter((field) => isOtherwise(found[field], atCreation[field]));
  const words = changed.map(
    (field) => `${field} is ${shown(found[field])}, set here: ${shown(atCreation[field])}`,
  );
  const paused = found.pause_until;
  const pause = isNothing(paused) ? [] : [`it is paused until ${shown(paused)}`];
  return [...words, ...pause].map((text) => `${name}: ${text}`);
}

/** A text that a stream of an older build never had is no change. */
function isOtherwise(found: unknown, wanted: unknown): boolean {
  const isText = typeof wanted === 'string';
  return !isSame(found, wanted) && !(isText && isNothing(found));
}

function isSame(found: unknown, wanted: unknown): boolean {
  if (isNothing(wanted)) return isNothing(found);
  return JSON.stringify(found) === JSON.stringify(wanted);
}

/** The server leaves out what is zero or false, and has two numbers for "no limit". */
function isNothing(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value === 'object' && value !== null) return Object.values(value).every(isNothing);
  return [undefined, null, 0, -1, false, ''].includes(value as never);
}

function shown(value: unknown): string {
  return isNothing(value) ? 'none' : JSON.stringify(value);
}

export function consumerRow(durable: string): ConsumerRow | undefined {
  return CONSUMERS.find((consumer) => consumer.durable === durable);
}
