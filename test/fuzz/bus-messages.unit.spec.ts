import type { InMemoryBus } from '@uplift/bus/testing';
import { InMemoryBusConnection } from '@uplift/bus/testing';
import type { BusMessage, StoredEvent } from '@uplift/contracts';
import {
  CLOUD_EVENT_HEADERS,
  decodeEvent,
  decodeRelayProof,
  encodeEvent,
  EVENT_HEADERS,
  UndecodableMessageError,
} from '@uplift/contracts';
import type { InstanceEventType } from '@uplift/domain';
import fc from 'fast-check';
import { Fleet } from '../../apps/stage-workers/src/testing/fleet';
import { StageFixture } from '../../apps/stage-workers/src/testing/stage-fixture';
import type { StageHandler } from '../../apps/stage-workers/src/runner/stage-handler.port';
import { fuzz } from './fuzz';
import type { Json } from './hostile-values';
import { anyBytes, anyJson, anyText } from './hostile-values';
import { busOf } from './store-readers';

const NAMES = [...Object.values(EVENT_HEADERS), ...Object.values(CLOUD_EVENT_HEADERS)];
/** Headers arrive as UTF-8: half of a character cannot. */
const headerText = anyText.map((text) => Buffer.from(text).toString());
const headerChange = fc.dictionary(fc.oneof(fc.constantFrom(...NAMES), headerText), headerText, {
  maxKeys: 3,
});
const removed = fc.subarray(NAMES, { maxLength: 2 });

interface Forgery {
  readonly headers: Readonly<Record<string, string>>;
  readonly removed: readonly string[];
  /** In place of the body; null: as it was. */
  readonly body: Uint8Array | null;
}

const forgery: fc.Arbitrary<Forgery> = fc.record({
  headers: headerChange,
  removed,
  body: fc.option(
    fc.oneof(
      anyJson.map((json) => Buffer.from(JSON.stringify(json))),
      anyBytes,
    ),
  ),
});

function forged(message: BusMessage, { headers, removed: gone, body }: Forgery): BusMessage {
  const changed = Object.entries({ ...message.headers, ...headers });
  return {
    subject: message.subject,
    headers: Object.fromEntries(changed.filter(([name]) => !gone.includes(name))),
    payload: body ?? message.payload,
  };
}

async function someEvents(): Promise<{ fleet: Fleet; events: readonly StoredEvent[] }> {
  const fleet = new Fleet();
  await fleet.join('UpgradePending');
  return { fleet, events: (await fleet.store.readAll(null, 100)).events };
}

describe('messages on the bus that anybody has sent', () => {
  it('are events, or told as unreadable', async () => {
    const { events } = await someEvents();
    const property = fc.property(fc.constantFrom(...events), forgery, (event, each) => {
      const message = forged(encodeEvent(event, { ordinal: 3, epoch: 'e' }), each);
      try {
        const decoded = decodeEvent(message);
        const proof = decodeRelayProof(message.headers);
        expect(decodeEvent(encodeEvent(decoded, proof))).toEqual(decoded);
      } catch (error) {
        if (!(error instanceof UndecodableMessageError)) throw error;
        expect(error.message).not.toMatch(/\n/);
      }
    });
    await fuzz({ edge: 'bus-codec', runs: 300 }, property);
  });

  it('are passed over by the relay, which goes on with the next event', async () => {
    const planted = fc.array(fc.tuple(fc.nat({ max: 4 }), forgery), { minLength: 1, maxLength: 4 });
    const property = fc.asyncProperty(planted, async (forgeries) => {
      const { fleet, events } = await someEvents();
      const { bus } = await busOf(fleet.store);
      for (const [n, each] of forgeries) {
        const message = encodeEvent(events[n]!, { ordinal: n + 1, epoch: 'e' });
        await send(bus, forged(message, each));
      }
      await fleet.join('UpgradeRequested');
      await busOf(fleet.store, bus);
      const { events: stored } = await fleet.store.readAll(null, 100);
      const last = bus.messageAt(stored.length + forgeries.length);
      expect(last && decodeEvent(last)).toEqual(stored.at(-1));
    });
    await fuzz({ edge: 'bus-relay', runs: 20 }, property);
  });

  const OPENINGS: readonly InstanceEventType[] = [
    'UpgradeRequested',
    'UpgradePending',
    'DeploymentAccepted',
    'PostUpgradePending',
  ];
  const changes = fc.record({
    opening: fc.constantFrom(...OPENINGS),
    deliveryCount: fc.integer({ min: 1, max: 9 }),
    isChanged: fc.boolean(),
    change: fc.array(
      fc.tuple(
        fc.constantFrom('id', 'type', 'stream', 'revision', 'data', 'metadata', 'recordedAt'),
        anyJson,
      ),
      { maxLength: 2 },
    ),
  });

  it('make a stage work only on what the store holds', async () => {
    const property = fc.asyncProperty(changes, async (input) => {
      const { opening, deliveryCount, isChanged, change } = input;
      const fixture = await StageFixture.at(opening);
      const stored = fixture.openingEvent;
      const before = await fixture.types();
      const worked: StoredEvent[] = [];
      const handler: StageHandler = {
        stage: 'upgrade',
        run: ({ session }) => Promise.resolve(void worked.push(session.message)),
      };
      const event = isChanged ? messageFrom(stored, change) : stored;
      if (event === null) return;
      const { kind } = await fixture.runner.handle(handler, fixture.delivery(deliveryCount, event));
      expect(['done', 'retry', 'rejected']).toContain(kind);
      for (const message of worked) expect(message).toEqual(stored);
      expect(await fixture.types()).toEqual(before);
      expect(fixture.lagoon.calls).toEqual([]);
    });
    await fuzz({ edge: 'bus-stage-runner', runs: 40 }, property);
  });
});

/** What a worker is handed of such a message: null if the bus cannot read it. */
function messageFrom(
  stored: StoredEvent,
  changes: readonly (readonly [string, Json])[],
): StoredEvent | null {
  const changed = { ...stored, ...Object.fromEntries(changes) };
  try {
    return decodeEvent(encodeEvent(changed, { ordinal: 1, epoch: 'e' }));
  } catch {
    return null;
  }
}

async function send(bus: InMemoryBus, message: BusMessage): Promise<void> {
  const connection = new InMemoryBusConnection(bus, 'anybody');
  const after = await connection.lastSequence();
  const answered = new Promise<void>((resolve) => {
    connection.openPublishing(() => resolve()).send(message, after);
  });
  await answered;
}
