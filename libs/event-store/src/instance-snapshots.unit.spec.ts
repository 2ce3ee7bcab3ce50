import { randomUUID } from 'node:crypto';
import type { StoredEvent } from '@uplift/contracts';
import { instanceStream } from '@uplift/contracts';
import type { InstanceEvent, InstanceSnapshot, RunningStatus } from '@uplift/domain';
import { FOLD_VERSION } from '@uplift/domain';
import { event } from '@uplift/domain/testing';
import { headOf } from './event-store.port';
import { InstanceHistory } from './instance-history';
import { NO_MEMORY, remember } from './stream-memory';
import { FaultyEventStore } from './testing';

const INSTANCE_ID = '0b1c6c0e-0000-4000-8000-00000000000a';
const STREAM = instanceStream(INSTANCE_ID);
const ILL: readonly RunningStatus[] = ['running-unhealthy', 'running-unresponsive'];
const ACTOR = { type: 'user', id: 'operator-7' } as const;
const PAGED = { snapshotEvery: 4, commandsPerPage: 4 };

const reported = (n: number) => event('HealthReported', { status: ILL[n % 2]! });

/** An instance whose commands were carried out without snapshots. */
async function setUp(commands: number) {
  const store = new FaultyEventStore();
  const commandIds: string[] = [];
  const appendBy = async (history: InstanceHistory, events: readonly InstanceEvent[]) => {
    const causationId = randomUUID();
    commandIds.push(causationId);
    const cause = { causationId, step: 'spec', correlationId: INSTANCE_ID, actor: ACTOR };
    const loaded = await history.load(INSTANCE_ID);
    const ofCommand = { ...cause, commandFingerprint: 'f'.repeat(64) };
    await history.streams.appendTo(STREAM, loaded, events, ofCommand);
  };
  const unpaged = new InstanceHistory(store, 'command-api');
  await appendBy(unpaged, [event('InstanceRegistered')]);
  for (let n = 1; n < commands; n += 1) await appendBy(unpaged, [reported(n)]);
  const all = () => store.load(STREAM);
  return { store, appendBy, commandIds, all };
}

/** How many snapshots stand in a row, and how many of them hold a state. */
function rowsOf(events: readonly StoredEvent[]) {
  const rows: { length: number; withState: number }[] = [];
  let row = { length: 0, withState: 0 };
  for (const { type, data } of events) {
    if (type === 'InstanceSnapshotTaken') {
      const hasState = Object.keys((data as InstanceSnapshot).state).length > 0;
      row = { length: row.length + 1, withState: row.withState + (hasState ? 1 : 0) };
      continue;
    }
    if (row.length > 0) rows.push(row);
    row = { length: 0, withState: 0 };
  }
  return rows;
}

function wholeMemory(events: readonly StoredEvent[]) {
  return events.reduce(remember, NO_MEMORY);
}

describe('commands that fill several pages when the first snapshot is due', () => {
  it('are cut into pages, a few ahead of each append, with the snapshot ahead of the last', async () => {
    const { store, all, appendBy } = await setUp(90);
    const history = new InstanceHistory(store, 'command-api', PAGED);
    for (let n = 0; n < 3; n += 1) await appendBy(history, [reported(n)]);
    expect(rowsOf(await all())).toEqual([
      { length: 8, withState: 0 },
      { length: 8, withState: 0 },
      { length: 6, withState: 1 },
    ]);
  });

  it('are all found, after each append', async () => {
    const { store, all, appendBy, commandIds } = await setUp(90);
    const history = new InstanceHistory(store, 'command-api', PAGED);
    for (let n = 0; n < 7; n += 1) {
      await appendBy(history, [reported(n)]);
      const loaded = await history.load(INSTANCE_ID);
      expect(loaded.memory).toEqual(wholeMemory(await all()));
      for (const commandId of commandIds) {
        const then = await history.streams.findCommand(STREAM, loaded, commandId);
        expect(then?.events.at(-1)?.metadata.$causationId).toBe(commandId);
      }
    }
    expect((await history.load(INSTANCE_ID)).events.length).toBeLessThan(8);
  });

  it('are cut whatever the size of the state', async () => {
    const { store, all, appendBy } = await setUp(30);
    const { data } = event('UpgradeRequested');
    const workOrder = { ...data.workOrder, target: { ref: 'v'.repeat(140_000) } };
    const history = new InstanceHistory(store, 'command-api', PAGED);
    await appendBy(new InstanceHistory(store, 'command-api'), [
      event('UpgradeRequested', { workOrder }),
    ]);
    await appendBy(history, [event('UpgradeCancelled')]);
    expect(rowsOf(await all())).toEqual([{ length: 6, withState: 0 }]);
  });
});

describe('snapshots of another fold', () => {
  /** The same stream, as a build with another fold wrote it. */
  async function byAnotherFold(events: readonly StoredEvent[]) {
    const store = new FaultyEventStore();
    const foldVersion = FOLD_VERSION + 1;
    const others = events.map(({ id, type, data, metadata: { hash: _own, ...metadata } }) => {
      const isSnapshot = type === 'InstanceSnapshotTaken';
      return { id, type, data: isSnapshot ? { ...data, foldVersion } : data, metadata };
    });
    await store.append(STREAM, headOf([]), others);
    return store;
  }

  it('close the pages of this one, too', async () => {
    const { store, all, appendBy } = await setUp(1);
    const history = new InstanceHistory(store, 'command-api', PAGED);
    for (let n = 0; n < 40; n += 1) await appendBy(history, [reported(n)]);
    const { memory } = await history.load(INSTANCE_ID);

    const other = new InstanceHistory(await byAnotherFold(await all()), 'command-api', PAGED);
    const { memory: same } = await other.load(INSTANCE_ID);

    expect(same.commands).toEqual(memory.commands);
    expect(same.commands.earlier.length).toBeGreaterThan(5);
    expect(same.sinceSnapshot).toBe((await all()).length);
  });
});

describe('a history without a snapshot', () => {
  /** Hands out events that count how often their type is asked for. */
  class CountingStore extends FaultyEventStore {
    readonly looksAt = new Map<number, number>();

    override async loadLast(stream: string, count: number, upTo?: number) {
      return (await super.loadLast(stream, count, upTo)).map((stored) => this.counted(stored));
    }

    private counted(stored: StoredEvent): StoredEvent {
      const { type, revision } = stored;
      const look = () => {
        this.looksAt.set(revision, (this.looksAt.get(revision) ?? 0) + 1);
        return type;
      };
      return Object.defineProperty({ ...stored }, 'type', { get: look });
    }
  }

  it('is looked through once, however many reads it takes', async () => {
    const store = new CountingStore();
    const history = new InstanceHistory(store, 'command-api');
    const cause = { causationId: randomUUID(), step: 's', correlationId: 'c', actor: ACTOR };
    const reports = Array.from({ length: 6_000 }, (_, n) => reported(n));
    await history.append(INSTANCE_ID, headOf([]), [event('InstanceRegistered'), ...reports], cause);

    await history.load(INSTANCE_ID);

    const [newest, oldest] = [store.looksAt.get(6_000) ?? 0, store.looksAt.get(1)];
    expect(newest).toBe(oldest);
  });
});
