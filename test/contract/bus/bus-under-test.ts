import { randomUUID } from 'node:crypto';
import {
  PublishRun,
  type BusConnection,
  type MessageOnBus,
  type ServerSettings,
} from '@uplift/bus';
import { encodeEvent, type BusMessage, type StoredEvent } from '@uplift/contracts';

/** The same for a real server and for the twin. */
export interface BusUnderTest {
  connect(name: string): Promise<BusConnection>;
  /** The connection is gone at once, with whatever it had under way. */
  vanish(connection: BusConnection): Promise<void>;
  /** Messages of a durable that are still to be handed out, or in somebody's hands. */
  undone(durable: string): Promise<number>;
  /** The first messages of the stream. */
  read(count: number): Promise<MessageOnBus[]>;
  /** What an operator sets of the stream, or of the consumer with that name. */
  configure(name: string, settings: ServerSettings): Promise<void>;
  kill(): Promise<void>;
  start(): Promise<void>;
  /** The server comes back without anything it had stored. */
  wipe(): Promise<void>;
  /** Returns the function that takes the server back to what it had stored at this moment. */
  backUp(): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** One whose disk can be filled. */
export interface FillableBus extends BusUnderTest {
  /** Whether messages can be read while there is no room. To be asked while there is some. */
  isReadWithoutRoom(): Promise<boolean>;
  fillDisk(): Promise<void>;
  makeRoom(): Promise<void>;
}

/** An event as a worker may get it; every field can be chosen. */
export function anEvent(overrides: Partial<StoredEvent> = {}): StoredEvent {
  return {
    id: randomUUID(),
    type: 'UpgradeRequested',
    stream: `instance-${randomUUID()}`,
    revision: 1,
    position: 7n,
    recordedAt: '2026-01-02T03:04:05.678Z',
    data: { upgradeId: randomUUID(), reason: 'naïve ✓' },
    metadata: {
      $correlationId: randomUUID(),
      $causationId: randomUUID(),
      actor: { type: 'system', id: 'test' },
      service: 'command-api',
      schemaVersion: 1,
      hash: 'a'.repeat(64),
    },
    ...overrides,
  };
}

/** Puts events on the bus as the relay would. */
export async function publish(bus: BusConnection, ...events: StoredEvent[]): Promise<void> {
  const epoch = randomUUID();
  await send(bus, ...events.map((event) => encodeEvent(event, { ordinal: 1, epoch })));
}

/** The sequence that the last of them was confirmed at. */
export async function send(bus: BusConnection, ...messages: BusMessage[]): Promise<number> {
  const run = new PublishRun(bus, { after: await bus.lastSequence() });
  for (const message of messages) {
    await run.room();
    run.publish(message);
  }
  await run.settled();
  run.close();
  if (run.failure) throw run.failure;
  return run.confirmedSequence;
}

/** What can be read by nobody. */
export const FORGED: BusMessage = {
  subject: 'uplift.evt.v1.instance.upgrade-requested.x',
  headers: {},
  payload: Buffer.from('garbage'),
};

/** Resolves when the connection is back after what `interrupt` does to the server. */
export async function reconnected(
  bus: BusConnection,
  interrupt: () => Promise<void>,
): Promise<void> {
  const back = new Promise<void>((resolve) => void bus.onReconnect(resolve));
  await interrupt();
  await back;
}
