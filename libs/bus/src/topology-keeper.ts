import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  ReplayPolicy,
  RetentionPolicy,
  StorageType,
  millis,
  nanos,
  NatsError,
  type ConsumerConfig,
  type ConsumerInfo,
  type JetStreamManager,
  type StreamConfig,
  type StreamInfo,
} from 'nats';
import type { BusConnection } from './bus-connection';
import { CONSUMERS, EVENTS_STREAM_SETTINGS, type ConsumerRow } from './bus-topology';

export interface TopologyOptions {
  /** Copies of the stream, 1 or an odd number of servers. */
  readonly replicas?: number;
  /** Size at which the stream refuses more (never drops old events); -1: no limit. */
  readonly maxBytes?: number;
  /** Silence of a worker after which its messages go to another one, in ms; absent: as the table says. */
  readonly ackWaitMs?: number;
}

/** What `ensureTopology` had to create or correct; empty when everything stood as the table says. */
export type TopologyChanges = readonly string[];

/** Brings stream and consumers to what the table says; repeating it changes nothing. Only the relay calls it. */
export async function ensureTopology(
  connection: BusConnection,
  options: TopologyOptions = {},
): Promise<TopologyChanges> {
  const manager = await connection.nats.jetstreamManager({ checkAPI: false, timeout: 2_000 });
  const stream = await ensureStream(manager, options);
  const consumers = await ensureConsumers(manager, rowsFor(options));
  return [...stream, ...consumers];
}

async function ensureStream(
  manager: JetStreamManager,
  options: TopologyOptions,
): Promise<TopologyChanges> {
  const wanted = streamConfig(options);
  const found = await streamInfo(manager);
  if (found && holds(found.config, wanted)) return [];
  if (found) await manager.streams.update(wanted.name, { ...found.config, ...wanted });
  else await manager.streams.add(wanted);
  return [`stream ${wanted.name}`];
}

function rowsFor({ ackWaitMs }: TopologyOptions): readonly ConsumerRow[] {
  return ackWaitMs === undefined ? CONSUMERS : CONSUMERS.map((row) => ({ ...row, ackWaitMs }));
}

async function ensureConsumers(
  manager: JetStreamManager,
  rows: readonly ConsumerRow[],
): Promise<TopologyChanges> {
  const found = new Map<string, ConsumerInfo>();
  for await (const info of manager.consumers.list(EVENTS_STREAM_SETTINGS.name)) {
    found.set(info.name, info);
  }
  const changed = rows.filter((row) => !matches(found.get(row.durable), row));
  for (const row of changed) {
    const config = consumerConfig(row);
    if (!found.has(row.durable)) await manager.consumers.add(EVENTS_STREAM_SETTINGS.name, config);
    else await manager.consumers.update(EVENTS_STREAM_SETTINGS.name, row.durable, config);
  }
  return changed.map((row) => `consumer ${row.durable}`);
}

async function streamInfo(manager: JetStreamManager): Promise<StreamInfo | undefined> {
  try {
    return await manager.streams.info(EVENTS_STREAM_SETTINGS.name);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The server's "stream not found" and "consumer not found". */
export function isNotFound(error: unknown): boolean {
  return error instanceof NatsError && error.api_error?.code === 404;
}

function streamConfig(options: TopologyOptions) {
  return {
    name: EVENTS_STREAM_SETTINGS.name,
    subjects: [...EVENTS_STREAM_SETTINGS.subjects],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    max_age: 0,
    max_msgs: -1,
    max_bytes: options.maxBytes ?? -1,
    num_replicas: options.replicas ?? 1,
    deny_delete: true,
    deny_purge: true,
    allow_direct: false,
    duplicate_window: nanos(EVENTS_STREAM_SETTINGS.duplicateWindowMs),
  } satisfies Partial<StreamConfig>;
}

function consumerConfig(row: ConsumerRow): Partial<ConsumerConfig> {
  return {
    durable_name: row.durable,
    filter_subject: row.filterSubject,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(row.ackWaitMs),
    deliver_policy: DeliverPolicy.All,
    replay_policy: ReplayPolicy.Instant,
    max_deliver: -1,
    max_ack_pending: row.maxAckPending,
    max_waiting: 512,
  };
}

function matches(info: ConsumerInfo | undefined, row: ConsumerRow): boolean {
  if (!info) return false;
  const { filter_subject, max_ack_pending, ack_wait } = info.config;
  const same = filter_subject === row.filterSubject && max_ack_pending === row.maxAckPending;
  return same && millis(ack_wait ?? 0) === row.ackWaitMs;
}

/** The server leaves out what is zero or false. */
function holds(found: object, wanted: Record<string, unknown>): boolean {
  const present = found as Record<string, unknown>;
  return Object.entries(wanted).every(([key, value]) => {
    const empty = value === 0 || value === false;
    return empty ? !present[key] : JSON.stringify(present[key]) === JSON.stringify(value);
  });
}
