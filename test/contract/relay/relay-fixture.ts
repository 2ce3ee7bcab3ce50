import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { BusConnection } from '@uplift/bus';
import type { StoredEvent } from '@uplift/contracts';
import { NO_STREAM, type EventStore, type EventToAppend } from '@uplift/event-store';
import type { Logger } from '@uplift/runtime';
import { SeededRandomness } from '@uplift/runtime/testing';
import { RelayLoop } from '../../../apps/relay/src/relay-loop';
import { RelayStatus } from '../../../apps/relay/src/relay-status';
import type { OnBus } from '../../support/bus-reader';
import { PATIENCE_MS } from '../../support/eventually';
import type { BusUnderTest } from '../bus/bus-under-test';

let seed = 0;

/** A relay inside the test's process, with a bus connection of its own. */
export class RunningRelay {
  readonly status: RelayStatus;
  /** What it has written to its log. */
  readonly lines: string[] = [];
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;

  private constructor(
    private readonly server: BusUnderTest,
    private readonly bus: BusConnection,
    store: EventStore,
  ) {
    const { clock } = bus;
    this.status = new RelayStatus(clock);
    const write = (_: object, line: string) => void this.lines.push(line);
    const loop = new RelayLoop({
      bus,
      store,
      clock,
      randomness: new SeededRandomness((seed += 1)),
      status: this.status,
      logger: { info: write, warn: write, error: write } as unknown as Logger,
      onBeat: () => undefined,
      onKeeperBeat: () => undefined,
    });
    this.running = loop.relay(this.stopping.signal);
  }

  static async start(server: BusUnderTest, store: EventStore): Promise<RunningRelay> {
    return new RunningRelay(server, await server.connect('relay'), store);
  }

  /** Gone without a word, with whatever was in flight. */
  async vanish(): Promise<void> {
    await this.server.vanish(this.bus);
    await this.stop();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.bus.close();
  }
}

export function newEvent(type: string, data: object = {}): EventToAppend {
  return {
    id: randomUUID(),
    type,
    data,
    metadata: {
      $correlationId: randomUUID(),
      $causationId: randomUUID(),
      actor: { type: 'service_account', id: 'spec' },
      service: 'spec',
      schemaVersion: 1,
    },
  };
}

const TYPES = ['InstanceRegistered', 'UpgradeRequested', 'PreUpgradeStarted', 'UpgradePending'];

/** Appends `count` events over streams of four. */
export async function fill(store: EventStore, count: number): Promise<void> {
  const streams = Array.from({ length: Math.ceil(count / 4) }, (_, n) =>
    TYPES.slice(0, Math.min(4, count - n * 4)).map((type) => newEvent(type, { n })),
  );
  for (let at = 0; at < streams.length; at += 250) {
    await Promise.all(
      streams
        .slice(at, at + 250)
        .map((events) => store.append(`instance-${randomUUID()}`, NO_STREAM, events)),
    );
  }
}

export async function everything(store: EventStore): Promise<StoredEvent[]> {
  const found: StoredEvent[] = [];
  for await (const { events, caughtUp } of store.subscribeToAll()) {
    found.push(...events);
    if (caughtUp) break;
  }
  return found;
}

/** Every message is the event of the same number in the store, exactly; one epoch, ordinals without a gap. */
export function expectSame(found: readonly OnBus[], stored: readonly StoredEvent[]): void {
  expect(found.map(({ event }) => event)).toEqual(stored);
  expect(found.map(({ proof }) => proof.ordinal)).toEqual(stored.map((_, n) => n + 1));
  expect(new Set(found.map(({ proof }) => proof.epoch)).size).toBeLessThanOrEqual(1);
}

const LOOK_MS = 5;

/** Asks again and again until the answer is yes. */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  describe: () => unknown = () => '',
): Promise<void> {
  const limit = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > limit)
      throw new Error(`Not within ${PATIENCE_MS} ms: ${JSON.stringify(describe())}`);
    await pause(LOOK_MS);
  }
}
