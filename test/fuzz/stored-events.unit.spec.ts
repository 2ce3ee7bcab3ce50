import type { StoredEvent } from '@uplift/contracts';
import {
  CLOCK_STREAM,
  decodeEvent,
  DECISIONS_STREAM,
  encodeEvent,
  EVENT_CATEGORIES,
  FINDINGS_STREAM,
  instanceStream,
  isForeign,
  isOurs,
  SYSTEM_STREAM,
  toStoredEvent,
  unreadableReason,
} from '@uplift/contracts';
import {
  EXAMPLE_ENVIRONMENT_DATA,
  EXAMPLE_EVENT_DATA,
  EXAMPLE_SYSTEM_DATA,
} from '@uplift/domain/testing';
import {
  headOf,
  InstanceHistory,
  loadOrEmpty,
  StreamGoneError,
  UnreadableHistoryError,
} from '@uplift/event-store';
import type { InMemoryEventStore } from '@uplift/event-store/testing';
import fc from 'fast-check';
import { eventFrame } from '../../apps/command-api/src/events/event-frames';
import { INSTANCES } from '../../apps/projector/src/read-model/read-model.tables';
import { AuditPass } from '../../apps/stage-workers/src/auditor/audit-pass';
import { LIMITS, MINUTE, WatchedFleet } from '../../apps/stage-workers/src/testing/watched-fleet';
import { fuzz } from './fuzz';
import type { Json } from './hostile-values';
import { anyBytes, anyJson, anyText, changedJson } from './hostile-values';
import { busOf, projected, relayed } from './store-readers';

const EXAMPLES = { ...EXAMPLE_EVENT_DATA, ...EXAMPLE_SYSTEM_DATA, ...EXAMPLE_ENVIRONMENT_DATA };
const KNOWN_TYPES = Object.values(EVENT_CATEGORIES).flatMap(({ schemas }) => Object.keys(schemas));

const METADATA = {
  $correlationId: 'c',
  $causationId: 'c',
  actor: { type: 'system', id: 'somebody' },
  service: 'stage-workers',
  schemaVersion: 1,
  hash: '0'.repeat(64),
} as const;

function exampleOf(name: string): Json {
  if (!Object.hasOwn(EXAMPLES, name)) return {};
  const data = (EXAMPLES as Readonly<Record<string, object>>)[name];
  return JSON.parse(JSON.stringify(data)) as Json;
}

/** Of an instance with a history of its own. */
const VICTIM = 'victim';
const UUID = 'eeeeeeee-0000-4000-8000-000000000001';
const stream = fc.oneof(
  { weight: 6, arbitrary: fc.constant(VICTIM) },
  { weight: 3, arbitrary: fc.constant(instanceStream(UUID)) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(SYSTEM_STREAM, CLOCK_STREAM, FINDINGS_STREAM, DECISIONS_STREAM),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...['environment', 'refusal', 'audit', 'rollout', 'Instance', ''].map((n) => `${n}-${UUID}`),
      ...['orders-1', 'instance', 'instance-', '$ce-instance', `$$instance-${UUID}`],
    ),
  },
  { weight: 1, arbitrary: anyText.filter((text) => text !== '') },
);

interface HostileEvent {
  readonly stream: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
  /** With the revision and the hash that follow, as who knows our format would write it. */
  readonly isLinked: boolean;
}

const type = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...KNOWN_TYPES) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('$>', '$metadata', '$streamDeleted', 'a.b', 'X'.repeat(200)),
  },
  { weight: 1, arbitrary: anyText.filter((text) => text !== '') },
);

const hostileEvent: fc.Arbitrary<HostileEvent> = type.chain((name) => {
  const json = fc.constant(exampleOf(name));
  return fc.record({
    stream,
    type: fc.constant(name),
    data: fc.oneof(
      { weight: 4, arbitrary: json },
      { weight: 6, arbitrary: changedJson(json) },
      { weight: 2, arbitrary: anyJson },
      { weight: 1, arbitrary: anyBytes },
    ),
    metadata: fc.oneof(
      { weight: 4, arbitrary: fc.constant(METADATA) },
      {
        weight: 2,
        arbitrary: fc.nat({ max: 3 }).map((schemaVersion) => ({ ...METADATA, schemaVersion })),
      },
      { weight: 3, arbitrary: changedJson(fc.constant(METADATA)) },
      { weight: 1, arbitrary: fc.constantFrom(undefined, null, new Uint8Array([1])) },
    ),
    isLinked: fc.boolean(),
  });
});

const raw: fc.Arbitrary<Parameters<typeof toStoredEvent>[0]> = hostileEvent.map(
  ({ isLinked: _, ...event }) => ({
    id: UUID,
    revision: 3,
    position: 300n,
    recordedAt: '2026-01-01T00:00:00.000Z',
    ...event,
  }),
);

/** The bus does not carry everything that somebody may have put into metadata. */
function asTravelled(event: StoredEvent): StoredEvent {
  return decodeEvent(encodeEvent(event, { ordinal: 1, epoch: 'e' }));
}

function asJson(value: object): object {
  return JSON.parse(JSON.stringify(value)) as object;
}

describe('a stored event that anybody has written', () => {
  it('is read, or told as damaged, and travels as it is', async () => {
    const property = fc.property(raw, (event) => {
      const stored = toStoredEvent(event);
      isForeign(event);
      unreadableReason(stored);
      if (!isOurs(event)) return;
      const travelled = asTravelled(stored);
      expect(travelled).toMatchObject({ id: stored.id, revision: stored.revision });
      expect(travelled.data).toEqual(asJson(stored.data));
      expect(asTravelled(travelled)).toEqual(travelled);
      const { subject } = encodeEvent(stored, { ordinal: 1, epoch: 'e' });
      expect(subject).toMatch(/^uplift\.evt\.v1(\.[A-Za-z0-9_-]+){3}$/);
      expect(eventFrame(stored).split('\n')).toHaveLength(5);
    });
    await fuzz({ edge: 'stored-event-codec', runs: 300 }, property);
  });
});

const KNOWN_ERRORS = [UnreadableHistoryError, StreamGoneError];

function isKnown(error: unknown): boolean {
  return KNOWN_ERRORS.some((known) => error instanceof known);
}

/** Everything that reads the store, over one store. */
class Readers {
  readonly watched = new WatchedFleet();
  private writes = 0;

  get store(): InMemoryEventStore {
    return this.watched.fleet.store;
  }

  async write({ stream, isLinked, ...event }: HostileEvent, victim: string): Promise<void> {
    const at = stream === VICTIM ? instanceStream(victim) : stream;
    if (isLinked && (await this.append(at, event))) return;
    this.store.putRaw(at, event.type, event.data, event.metadata);
  }

  /** False for what nobody can append who goes by the port of the store. */
  private async append(at: string, event: Omit<HostileEvent, 'stream' | 'isLinked'>) {
    this.writes += 1;
    const id = `eeeeeeee-0000-4000-9000-${String(this.writes).padStart(12, '0')}`;
    const place = { id, stream: at, revision: 0, position: 1n, recordedAt: '' };
    const isRefused = at.startsWith('$') || event.type.startsWith('$');
    if (isRefused || toStoredEvent({ ...place, ...event }).damage !== undefined) return false;
    const sound = event as Pick<StoredEvent, 'type' | 'data' | 'metadata'>;
    const known = await loadOrEmpty(this.store, at).catch(() => null);
    if (known === null) return false;
    await this.store.append(at, headOf(known), [{ id, ...sound }]);
    return true;
  }

  async ours(): Promise<readonly StoredEvent[]> {
    return (await this.store.readAll(null, 100_000)).events;
  }
}

describe('events that anybody has written, among those of the services', () => {
  let readers: Readers;

  async function given(hostile: readonly HostileEvent[]) {
    readers = new Readers();
    const { fleet } = readers.watched;
    const victim = await fleet.join('UpgradeRequested');
    const whole = await fleet.join('PreUpgradeStarted');
    for (const [n, event] of hostile.entries()) {
      await readers.write(event, victim);
      if (n === 0) await fleet.goOn(whole, 'UpgradePending');
    }
    const waiting = await fleet.join('UpgradeRequested');
    return { victim, whole, waiting };
  }

  const several = fc.array(hostileEvent, { minLength: 1, maxLength: 6 });

  it('are all published, in order, with those of the services', async () => {
    const property = fc.asyncProperty(several, async (hostile) => {
      await given(hostile);
      const published = await relayed(readers.store);
      expect(published).toEqual((await readers.ours()).map(asTravelled));
    });
    await fuzz({ edge: 'store-relay', runs: 20 }, property);
  });

  it('spoil no row but their own', async () => {
    const property = fc.asyncProperty(several, async (hostile) => {
      const { whole, waiting } = await given(hostile);
      const readModel = await projected(readers.store);
      expect(await readModel.load(INSTANCES, [whole, waiting])).toMatchObject([
        { status: 'pending-upgrade', unreadable: null },
        { status: 'pending-pre-upgrade', unreadable: null },
      ]);
    });
    await fuzz({ edge: 'store-projector', runs: 20 }, property);
  });

  it('keep the watchdog from no other instance', async () => {
    const property = fc.asyncProperty(several, async (hostile) => {
      const { whole, waiting } = await given(hostile);
      const { watched } = readers;
      const errors: unknown[] = [];
      watched.watch({ onError: (error) => errors.push(error) });
      await watched.pass(LIMITS.pending + 2 * MINUTE);
      watched.stop();
      // Of the instance that cannot be read any more.
      expect(errors.filter((error) => !isKnown(error))).toEqual([]);
      for (const instanceId of [whole, waiting]) {
        expect((await watched.fleet.types(instanceId)).at(-1)).toMatch(/StageRedriven|WaitingFor/);
      }
    });
    await fuzz({ edge: 'store-watchdog', runs: 20 }, property);
  });

  it('keep the auditor from nothing', async () => {
    const property = fc.asyncProperty(several, async (hostile) => {
      await given(hostile);
      const { store } = readers;
      const { connection } = await busOf(store);
      const pass = new AuditPass({ store, bus: connection, onStep: () => undefined });
      let step = await pass.step();
      for (let n = 0; !step.isAtEnd && n < 100; n += 1) step = await pass.step();
      expect(step).toEqual({ isAtEnd: true, faults: [] });
    });
    await fuzz({ edge: 'store-auditor', runs: 20 }, property);
  });

  it('leave a history readable, or say why it is not', async () => {
    const property = fc.asyncProperty(several, async (hostile) => {
      const { victim } = await given(hostile);
      const history = new InstanceHistory(readers.store, 'command-api');
      for (const instanceId of [victim, UUID]) {
        await history.load(instanceId).catch((error: unknown) => {
          if (!isKnown(error)) throw error;
        });
      }
    });
    await fuzz({ edge: 'store-history', runs: 30 }, property);
  });
});
