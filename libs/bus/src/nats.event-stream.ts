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
  type NatsConnection,
  type StreamConfig,
  type StreamInfo,
} from 'nats';
import { EVENTS_STREAM } from '@uplift/contracts';
import type {
  ConsumerState,
  MessageOnBus,
  TopologyChanges,
  TopologyOptions,
} from './bus-connection.port';
import { consumerRows, EVENTS_STREAM_SETTINGS, type ConsumerRow } from './bus-topology';
import { headerRecord } from './nats.messages';

export async function ensureNatsTopology(
  manager: JetStreamManager,
  options: TopologyOptions,
): Promise<TopologyChanges> {
  const stream = await ensureStream(manager, options);
  const consumers = await ensureConsumers(manager, consumerRows(options));
  return [...stream, ...consumers];
}

export async function lastSequence(manager: JetStreamManager): Promise<number> {
  const { state } = await manager.streams.info(EVENTS_STREAM);
  return state.last_seq;
}

export async function storedMessage(
  manager: JetStreamManager,
  sequence: number,
): Promise<MessageOnBus | null> {
  try {
    const stored = await manager.streams.getMessage(EVENTS_STREAM, { seq: sequence });
    const { subject, header, data } = stored;
    return { sequence, subject, headers: headerRecord(header), payload: data };
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

/** Null if there is no such consumer. */
export async function consumerState(
  nats: NatsConnection,
  durable: string,
): Promise<ConsumerState | null> {
  const subject = `$JS.API.CONSUMER.INFO.${EVENTS_STREAM}.${durable}`;
  const answer = await nats.request(subject, '', { timeout: 1_000 });
  const info = answer.json<ShownConsumer>();
  if ('error' in info) return null;
  const active = [info.delivered.last_active, info.ack_floor.last_active].flatMap(timesIn);
  const [now = Number.NaN] = timesIn(info.ts);
  const idleMs = now - Math.max(...active);
  return {
    undelivered: info.num_pending,
    inHand: info.num_ack_pending,
    pulls: info.num_waiting,
    idleMs: Number.isFinite(idleMs) ? Math.max(0, idleMs) : null,
  };
}

/** What the server shows of a consumer: its times are text, whatever the client's types say. */
interface ShownConsumer {
  readonly ts?: string;
  readonly delivered: { readonly last_active?: string };
  readonly ack_floor: { readonly last_active?: string };
  readonly num_pending: number;
  readonly num_ack_pending: number;
  readonly num_waiting: number;
}

function timesIn(text: string | undefined): number[] {
  return text === undefined ? [] : [Date.parse(text)];
}

export async function hasConsumer(nats: NatsConnection, durable: string): Promise<boolean> {
  try {
    const subject = `$JS.API.CONSUMER.INFO.${EVENTS_STREAM}.${durable}`;
    const answer = await nats.request(subject, '', { timeout: 1_000 });
    return !('error' in answer.json<object>());
  } catch {
    return false;
  }
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
function isNotFound(error: unknown): boolean {
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
