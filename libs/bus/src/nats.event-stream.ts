import { EVENTS_STREAM } from '@uplift/contracts';
import {
  ErrorCode,
  NatsError,
  type ConsumerConfig,
  type JetStreamManager,
  type NatsConnection,
  type StreamInfo,
} from 'nats';
import {
  merged,
  StreamUncorrectableError,
  type ConsumerState,
  type MessageOnBus,
  type StreamFill,
  type TopologyReport,
} from './bus-connection.port';
import {
  differences,
  uncorrected,
  wantedConsumers,
  wantedStream,
  type TopologyOptions,
  type WantedSettings,
} from './bus-topology';
import { headerRecord } from './nats.messages';

export async function ensureNatsStream(
  manager: JetStreamManager,
  options: TopologyOptions,
): Promise<TopologyReport> {
  const wanted = wantedStream(options);
  const { name, kept, atCreation } = wanted;
  const title = `stream ${name}`;
  const found = (await streamInfo(manager))?.config;
  if (!found) {
    await manager.streams.add({ name, ...kept, ...atCreation });
    return made(title);
  }
  const faults = uncorrected({ ...found }, wanted);
  if (faults.length > 0) await correctStream(manager, wanted, faults);
  return {
    changes: faults.length > 0 ? [`${title} (${faults.join(', ')})`] : [],
    differences: differences({ ...found }, wanted),
    faults: [],
  };
}

export async function ensureNatsConsumers(
  manager: JetStreamManager,
  options: TopologyOptions,
): Promise<TopologyReport> {
  const wanted = wantedConsumers(options);
  const found = await foundConsumers(manager, wanted);
  const ensured = wanted.map((each) => ensureConsumer(manager, each, found.get(each.name)));
  return merged(await Promise.all(ensured));
}

export async function streamFaults(manager: JetStreamManager): Promise<readonly string[]> {
  const { config } = await manager.streams.info(EVENTS_STREAM);
  return uncorrected({ ...config }, wantedStream({}));
}

export async function streamFill(manager: JetStreamManager): Promise<StreamFill> {
  const { state, config, created } = await manager.streams.info(EVENTS_STREAM);
  const maxBytes = config.max_bytes > 0 ? config.max_bytes : null;
  return {
    lastSequence: state.last_seq,
    bytes: state.bytes,
    maxBytes,
    createdAt: String(created),
  };
}

export interface StoredMessageQuery {
  readonly seq: number;
  /** The first message of it at the sequence or behind. */
  readonly next_by_subj?: string;
}

export async function storedMessage(
  manager: JetStreamManager,
  query: StoredMessageQuery,
): Promise<MessageOnBus | null> {
  try {
    const stored = await manager.streams.getMessage(EVENTS_STREAM, query);
    const { seq, subject, header, data } = stored;
    return { sequence: seq, subject, headers: headerRecord(header), payload: data };
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

/** Where the server refuses one setting, it takes the others all the same. */
async function correctStream(
  { streams }: JetStreamManager,
  { name, kept }: WantedSettings,
  faults: readonly string[],
): Promise<void> {
  const cause = await refusalOf(() => streams.update(name, kept));
  if (cause === undefined) return;
  let isWhole = true;
  for (const fault of faults) {
    const refused = await refusalOf(() => streams.update(name, { [fault]: kept[fault] }));
    if (refused !== undefined) isWhole = false;
  }
  if (!isWhole) throw new StreamUncorrectableError(faults, { answer: cause.message, cause });
}

async function refusalOf(update: () => Promise<unknown>): Promise<NatsError | undefined> {
  try {
    await update();
    return undefined;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return error;
  }
}

/** The settings of a consumer, or why they are not known. */
type FoundConsumer = ConsumerConfig | NatsError;

/** Where one consumer of a cluster has no leader, the list of all is not answered in time, and the others have to be asked. */
async function foundConsumers(
  { consumers }: JetStreamManager,
  wanted: readonly WantedSettings[],
): Promise<ReadonlyMap<string, FoundConsumer>> {
  const found = new Map<string, FoundConsumer>();
  try {
    for await (const { name, config } of consumers.list(EVENTS_STREAM)) found.set(name, config);
  } catch (error) {
    if (!isTimeout(error)) throw error;
    const asked = wanted.map(async ({ name }) => {
      try {
        found.set(name, (await consumers.info(EVENTS_STREAM, name)).config);
      } catch (reason) {
        if (isTimeout(reason)) found.set(name, reason);
        else if (!isNotFound(reason)) throw reason;
      }
    });
    await Promise.all(asked);
  }
  return found;
}

/** One that cannot be made or corrected holds up nobody else. */
async function ensureConsumer(
  manager: JetStreamManager,
  wanted: WantedSettings,
  found: FoundConsumer | undefined,
): Promise<TopologyReport> {
  const title = `consumer ${wanted.name}`;
  if (found instanceof NatsError) return broken(title, found);
  const wrong = found ? uncorrected({ ...found }, wanted) : [];
  const left = found ? differences({ ...found }, wanted) : [];
  try {
    const changes = await corrected(manager, wanted, found ? wrong : null);
    return { changes, differences: left, faults: [] };
  } catch (error) {
    if (!isRefusal(error) && !isTimeout(error)) throw error;
    return { ...broken([title, ...wrong].join(' '), error), differences: left };
  }
}

/** `wrong`: settings that are not as they must be; null for a consumer that is not there. */
async function corrected(
  { consumers }: JetStreamManager,
  { name, kept, atCreation }: WantedSettings,
  wrong: readonly string[] | null,
): Promise<readonly string[]> {
  const title = `consumer ${name}`;
  if (wrong === null) {
    await consumers.add(EVENTS_STREAM, { durable_name: name, ...kept, ...atCreation });
    return [title];
  }
  if (wrong.length === 0) return [];
  await consumers.update(EVENTS_STREAM, name, kept);
  return [`${title} (${wrong.join(', ')})`];
}

function broken(title: string, error: NatsError): TopologyReport {
  const reason = error.api_error ? error.message : 'it does not answer';
  return { changes: [], differences: [], faults: [`${title}: ${reason}`] };
}

function made(title: string): TopologyReport {
  return { changes: [title], differences: [], faults: [] };
}

async function streamInfo(manager: JetStreamManager): Promise<StreamInfo | undefined> {
  try {
    return await manager.streams.info(EVENTS_STREAM);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The server's "stream not found" and "consumer not found". */
function isNotFound(error: unknown): boolean {
  return isRefusal(error) && error.api_error?.code === 404;
}

const TIMEOUT: string = ErrorCode.Timeout;
const SILENT_CODES: readonly string[] = [ErrorCode.Timeout, ErrorCode.NoResponders];

function isTimeout(error: unknown): error is NatsError {
  return error instanceof NatsError && error.code === TIMEOUT;
}

/** Nobody has answered: JetStream is busy, or has switched itself off. */
export function isSilence(error: unknown): boolean {
  return !isRefusal(error) && error instanceof NatsError && SILENT_CODES.includes(error.code);
}

/** The server has answered, and the answer is no. */
function isRefusal(error: unknown): error is NatsError {
  return error instanceof NatsError && error.api_error !== undefined;
}
