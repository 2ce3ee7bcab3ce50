import {
  NatsBusConnection,
  type BusConnection,
  type DurableName,
  type MessageOnBus,
} from '@uplift/bus';
import type { RelayProof, StoredEvent } from '@uplift/contracts';
import { decodeEvent, decodeRelayProof, EVENTS_STREAM } from '@uplift/contracts';

export interface OnBus {
  readonly sequence: number;
  readonly subject: string;
  readonly event: StoredEvent;
  readonly proof: RelayProof;
}

/** Every message the bus holds now, from the first. */
export async function readWholeBus(bus: BusConnection): Promise<OnBus[]> {
  const last = await bus.lastSequence();
  return (await followBus(bus, last > 0, ({ sequence }) => sequence === last)).map(readable);
}

/** The first events of the stream; waits until there are as many. */
export async function readBus(bus: BusConnection, count: number): Promise<OnBus[]> {
  return (await messagesOnBus(bus, count)).map(readable);
}

export function readable({ sequence, subject, headers, payload }: MessageOnBus): OnBus {
  const event = decodeEvent({ headers, payload });
  return { sequence, subject, event, proof: decodeRelayProof(headers) };
}

/** Follows the stream from its first message until it has seen `count` of them. */
export function messagesOnBus(bus: BusConnection, count: number): Promise<MessageOnBus[]> {
  return followBus(bus, count > 0, (_, seen) => seen === count);
}

async function followBus(
  bus: BusConnection,
  hasMessages: boolean,
  isLast: (message: MessageOnBus, seen: number) => boolean,
): Promise<MessageOnBus[]> {
  const found: MessageOnBus[] = [];
  if (!hasMessages) return found;
  const consumer = await clientOf(bus).jetstream().consumers.get(EVENTS_STREAM);
  for await (const message of await consumer.consume({ max_messages: 1_000 })) {
    const headers = Object.fromEntries(
      [...(message.headers ?? [])].map(([name, [value]]) => [name, value ?? '']),
    );
    const { seq: sequence, subject, data: payload } = message;
    const read = { sequence, subject, headers, payload };
    found.push(read);
    if (isLast(read, found.length)) break;
  }
  return found;
}

/** Messages that a durable has still to hand out, or has not been told the end of. */
export async function undone(bus: BusConnection, durable: DurableName): Promise<number> {
  const manager = await clientOf(bus).jetstreamManager();
  const info = await manager.consumers.info(EVENTS_STREAM, durable);
  return info.num_pending + info.num_ack_pending;
}

/** The node of a cluster that answers for the stream. */
export async function leaderOf(bus: BusConnection): Promise<string> {
  const { leader } = await clusterOf(bus);
  if (leader === undefined) throw new Error('The stream has no leader');
  return leader;
}

/** Has the leader give up its place. */
export async function demoteLeader(bus: BusConnection): Promise<void> {
  const subject = `$JS.API.STREAM.LEADER.STEPDOWN.${EVENTS_STREAM}`;
  await clientOf(bus).request(subject, '', { timeout: 5_000 });
}

/** Nodes beside the leader that have all of the stream. */
export async function followersOf(bus: BusConnection): Promise<number> {
  const { replicas = [] } = await clusterOf(bus);
  return replicas.filter(({ current, offline }) => current && offline !== true).length;
}

async function clusterOf(bus: BusConnection) {
  const manager = await clientOf(bus).jetstreamManager({ checkAPI: false, timeout: 2_000 });
  const { cluster = {} } = await manager.streams.info(EVENTS_STREAM);
  return cluster;
}

/** Takes the next message of a durable and says that it is done: nobody else ever gets it. */
export async function swallowNext(bus: BusConnection, durable: DurableName): Promise<void> {
  const consumer = await clientOf(bus).jetstream().consumers.get(EVENTS_STREAM, durable);
  const message = await consumer.next({ expires: 30_000 });
  expect(await message?.ackAck()).toBe(true);
}

function clientOf(bus: BusConnection): NatsBusConnection['nats'] {
  if (bus instanceof NatsBusConnection) return bus.nats;
  throw new TypeError('Only a real bus has a client');
}
