import { randomUUID } from 'node:crypto';
import type { StoredEvent } from '@uplift/contracts';
import { instanceStream } from '@uplift/contracts';
import type { InstanceEvent, InstanceSnapshot, KnownInstance, RunningStatus } from '@uplift/domain';
import { evolve, FOLD_VERSION, INITIAL_STATE } from '@uplift/domain';
import { event } from '@uplift/domain/testing';
import { VirtualClock } from '@uplift/runtime/testing';
import { headOf, StreamGoneError } from './event-store.port';
import { verifyChain } from './hash-chain';
import { InstanceHistory } from './instance-history';
import { remember, NO_MEMORY } from './stream-memory';
import { FaultyEventStore, SAMPLE_METADATA } from './testing';

const INSTANCE_ID = '0b1c6c0e-0000-4000-8000-00000000000a';
const STREAM = instanceStream(INSTANCE_ID);
const ILL: readonly RunningStatus[] = ['running-unhealthy', 'running-unresponsive'];
const ACTOR = { type: 'user', id: 'operator-7' } as const;

const CLAIMED_ELSEWHERE = {
  ...(event('InstanceSnapshotTaken').data.state as KnownInstance),
  claim: 'running-healthy-unclaimed',
};

/** What another writer says of the stream before it. */
type Forged = Partial<InstanceSnapshot> | { readonly [name: string]: unknown };

async function setUp(snapshotEvery = 10, commandsPerPage = 8) {
  const store = new FaultyEventStore();
  const history = new InstanceHistory(store, 'command-api', { snapshotEvery, commandsPerPage });
  const commandIds: string[] = [];
  const append = async (events: readonly InstanceEvent[]) => {
    const loaded = await history.load(INSTANCE_ID);
    const causationId = randomUUID();
    commandIds.push(causationId);
    const cause = { causationId, step: 'spec', correlationId: INSTANCE_ID, actor: ACTOR };
    const ofCommand = { ...cause, commandFingerprint: 'f'.repeat(64) };
    await history.streams.appendTo(STREAM, loaded, events, ofCommand);
    return causationId;
  };
  await append([event('InstanceRegistered')]);
  /** Commands, one event each. */
  const report = async (times: number) => {
    for (let n = 0; n < times; n += 1) {
      await append([event('HealthReported', { status: ILL[n % 2]! })]);
    }
  };
  const all = () => store.load(STREAM);
  const snapshots = async () =>
    (await all()).filter(({ type }) => type === 'InstanceSnapshotTaken');
  /** Behind the end, with the hash that it needs there. */
  const forge = async (changes: Forged) => {
    const [last] = (await snapshots()).slice(-1);
    const data = { ...last!.data, ...changes } as object;
    const metadata = { ...SAMPLE_METADATA, service: 'forger' };
    const forged = { id: randomUUID(), type: 'InstanceSnapshotTaken', data, metadata };
    await store.append(STREAM, headOf(await all()), [forged]);
  };
  return { store, history, append, report, all, snapshots, forge, commandIds };
}

/** By every event, in order. */
function wholeFold(events: readonly StoredEvent[]) {
  const state = events.reduce(
    (before, { type, data }) => {
      return evolve(before, { type, data } as InstanceEvent);
    },
    INITIAL_STATE as ReturnType<typeof evolve>,
  );
  return { state, memory: events.reduce(remember, NO_MEMORY) };
}

describe('a snapshot', () => {
  it('goes ahead of what is appended when enough events lie behind the last one', async () => {
    const { report, all } = await setUp();
    await report(25);
    const events = await all();
    const revisions = events
      .filter(({ type }) => type === 'InstanceSnapshotTaken')
      .map(({ revision }) => revision);
    expect(revisions).toEqual([10, 21]);
    expect(verifyChain(events)).toMatchObject({ valid: true });
  });

  it('says what all events before it come to, and is nobody’s command', async () => {
    const { report, all, snapshots } = await setUp();
    await report(25);
    for (const { data, revision, metadata } of await snapshots()) {
      const { state, memory } = wholeFold((await all()).slice(0, revision));
      const { registration, notesInARow, commands } = memory;
      expect(data).toEqual({
        ...{ foldVersion: FOLD_VERSION, state, registration, notesInARow },
        commands: { ...commands, closed: commands.page.length / 16 >= 8 },
      });
      expect(metadata).toMatchObject({ actor: { type: 'system', id: 'command-api' } });
      expect(metadata).not.toHaveProperty('commandFingerprint');
    }
  });

  it('is not taken by who is not asked to, nor of too large a state', async () => {
    const { snapshots, report, append } = await setUp(2);
    const workOrder = { target: { ref: 'v'.repeat(140_000) } };
    const { data } = event('UpgradeRequested');
    await append([event('UpgradeRequested', { workOrder: { ...data.workOrder, ...workOrder } })]);
    await append([event('UpgradeCancelled')]);
    await report(2);
    expect(await snapshots()).toHaveLength(0);
  });
});

describe('an instance that is loaded', () => {
  it.each([1, 9, 10, 11, 30, 150])('after %i reports is as all its events tell', async (times) => {
    const { history, report, all } = await setUp();
    await report(times);
    const { state, memory, head } = await history.load(INSTANCE_ID);
    const events = await all();
    expect({ state, memory }).toEqual(wholeFold(events));
    expect(head.revision).toBe(events.length - 1);
  });

  it('is read back to the newest snapshot, in one read however long the stream', async () => {
    const { history, store, report } = await setUp();
    await report(500);
    store.loads = 0;
    const { events } = await history.load(INSTANCE_ID);
    expect(events.length).toBeLessThan(12);
    expect(store.loads).toBe(1);
  });

  it('is read as far back as there is none', async () => {
    const { history, report, all } = await setUp(10_000);
    await report(300);
    expect((await history.load(INSTANCE_ID)).events).toEqual(await all());
  });

  it.each<[string, Forged]>([
    ['of another fold', { foldVersion: FOLD_VERSION + 1 }],
    ['with a state that no fold writes', { state: { kind: 'resting', status: 'happy' } }],
    ['of a registration still to come', { registration: { revision: 10_000 } }],
    ['of pages still to come', { commands: { page: '', earlier: [10_000], closed: false } }],
    ['of pages in no order', { commands: { page: '', earlier: [9, 5], closed: false } }],
  ])('passes over a snapshot %s', async (_words, changes) => {
    const { history, report, forge, all } = await setUp();
    await report(12);
    await forge(changes);
    await report(3);
    const { state, memory } = await history.load(INSTANCE_ID);
    expect({ state, memory }).toEqual(wholeFold(await all()));
    expect(memory.sinceSnapshot).toBeGreaterThan(3);
  });

  it('cannot be read over an event of a build that knows more, whatever snapshot it took behind it', async () => {
    const { history, report, forge, store } = await setUp();
    await report(12);
    const { head } = await history.load(INSTANCE_ID);
    const unknown = { id: randomUUID(), type: 'InstanceQuarantined', data: {} };
    await store.append(STREAM, head, [{ ...unknown, metadata: SAMPLE_METADATA }]);
    await forge({ foldVersion: FOLD_VERSION + 1 });
    const reason = 'unknown-type';
    await expect(history.load(INSTANCE_ID)).rejects.toMatchObject({ reason });
  });

  it('passes over a snapshot that does not follow from the event before it', async () => {
    const { history, report, store, snapshots } = await setUp();
    await report(12);
    const [{ data, metadata }] = (await snapshots()) as [StoredEvent];
    const moved = { ...data, state: { ...(data as InstanceSnapshot).state, claim: null } };
    store.putRaw(STREAM, 'InstanceSnapshotTaken', moved, metadata);
    const { state } = await history.load(INSTANCE_ID);
    expect(state).toMatchObject({ claim: 'running-healthy-claimed' });
  });

  it('is not there when its first events were cut off, whatever its snapshots say', async () => {
    const { history, report, store } = await setUp();
    await report(40);
    store.remove(STREAM, 'truncated');
    const gone = new StreamGoneError(STREAM, 'truncated');
    await expect(history.load(INSTANCE_ID)).rejects.toEqual(gone);
  });
});

describe('a snapshot, held against the events before it,', () => {
  it('differs in nothing, whoever took it behind whichever other', async () => {
    const { history, report, snapshots, store } = await setUp();
    await report(120);
    const taken = await snapshots();
    store.loads = 0;
    for (const each of taken) expect(await history.differencesOf(each)).toEqual([]);
    // One read each for what lies back to the one before.
    expect([taken.length, store.loads]).toEqual([12, 12]);
  });

  it.each<[string, Forged, readonly string[]]>([
    ['nothing', {}, []],
    ['its state', { state: CLAIMED_ELSEWHERE }, ['state']],
    ['its registration', { registration: { revision: 3 } }, ['registration']],
    ['its notes in a row', { notesInARow: 7 }, ['notesInARow']],
    ['its commands', { commands: { page: '', earlier: [], closed: false } }, ['commands']],
    ['all', { state: CLAIMED_ELSEWHERE, notesInARow: 7 }, ['state', 'notesInARow']],
  ])('differs in %s', async (_words, changes, parts) => {
    const { history, report, forge, all } = await setUp();
    await report(15);
    const { state, memory } = wholeFold(await all());
    const { registration, notesInARow, commands } = memory;
    const page = { ...commands, closed: false };
    const truth = { state, registration: registration!, notesInARow, commands: page };
    await forge({ ...truth, ...changes });
    expect(await history.differencesOf((await all()).at(-1)!)).toEqual(parts);
  });

  it('is the first that is false where others follow from it', async () => {
    const { history, report, forge, snapshots } = await setUp();
    await report(12);
    await forge({ notesInARow: 7 });
    const { revision } = (await snapshots()).at(-1)!;
    await report(30);
    const found: number[] = [];
    for (const each of await snapshots()) {
      if ((await history.differencesOf(each)).length > 0) found.push(each.revision);
    }
    expect(found).toEqual([revision]);
  });

  it.each<[string, Forged]>([
    ['of another fold', { foldVersion: FOLD_VERSION + 1, notesInARow: 7 }],
    ['with a state that no fold writes', { state: { kind: 'resting', status: 'happy' } }],
    ['of a registration still to come', { registration: { revision: 10_000 } }],
  ])('leads nobody astray %s: nothing is read for it', async (_words, changes) => {
    const { history, report, forge, all, store } = await setUp();
    await report(12);
    await forge(changes);
    const [forged] = (await all()).slice(-1);
    store.loads = 0;
    expect(await history.differencesOf(forged!)).toEqual([]);
    expect(store.loads).toBe(0);
  });
});

describe('an instance that was read lately', () => {
  const clock = new VirtualClock();
  const lately = { snapshotEvery: 10, commandsPerPage: 8, clock };

  it('is read from there on, and is as all its events tell', async () => {
    const { store, report, all } = await setUp();
    const reader = new InstanceHistory(store, 'command-api', lately);
    for (const times of [1, 0, 3, 25, 1]) {
      await report(times);
      const { state, memory, head, events } = await reader.load(INSTANCE_ID);
      expect({ state, memory }).toEqual(wholeFold(await all()));
      expect(head.revision).toBe((await all()).length - 1);
      expect(events.length).toBeLessThanOrEqual(times + 3);
    }
  });

  it('has its full pages of commands read once', async () => {
    const { store, report } = await setUp();
    const reader = new InstanceHistory(store, 'command-api', lately);
    await report(100);
    const lookUp = async () => {
      const loaded = await reader.load(INSTANCE_ID);
      store.loads = 0;
      await reader.streams.findCommand(STREAM, loaded, randomUUID());
      return store.loads;
    };
    expect(await lookUp()).toBeGreaterThan(5);
    expect(await lookUp()).toBe(0);
  });

  it('is read anew where the store has become another one', async () => {
    const { store, report, all } = await setUp();
    const reader = new InstanceHistory(store, 'command-api', lately);
    const putBack = store.backUp();
    await report(4);
    await reader.load(INSTANCE_ID);
    putBack();
    expect((await reader.load(INSTANCE_ID)).head.revision).toBe(0);
    await report(12);
    const { state, memory } = await reader.load(INSTANCE_ID);
    expect({ state, memory }).toEqual(wholeFold(await all()));
  });

  it('is gone a minute later at the latest where its first events were cut off', async () => {
    const { store, report } = await setUp();
    const reader = new InstanceHistory(store, 'command-api', lately);
    await report(40);
    await reader.load(INSTANCE_ID);
    store.remove(STREAM, 'truncated');
    await clock.advance(60_000);
    const gone = new StreamGoneError(STREAM, 'truncated');
    await expect(reader.load(INSTANCE_ID)).rejects.toEqual(gone);
  });
});

describe('a command', () => {
  it('is found with what the instance was after it, however many came since', async () => {
    const { history, report, commandIds, all } = await setUp();
    await report(120);
    const loaded = await history.load(INSTANCE_ID);
    const events = await all();
    for (const commandId of commandIds) {
      const then = await history.streams.findCommand(STREAM, loaded, commandId);
      const own = then?.events.at(-1);
      expect(own?.metadata.$causationId).toBe(commandId);
      const { state } = wholeFold(events.slice(0, (own?.revision ?? 0) + 1));
      expect(then?.state).toEqual(state);
    }
    expect(loaded.memory.commands.earlier.length).toBeGreaterThan(5);
  });

  it('is found by its last event', async () => {
    const { history, append, report } = await setUp();
    const commandId = await append([event('HealthReported'), event('CommandNoted')]);
    await report(30);
    const loaded = await history.load(INSTANCE_ID);
    const then = await history.streams.findCommand(STREAM, loaded, commandId);
    expect(then?.events.at(-1)?.type).toBe('CommandNoted');
  });

  it('is not taken for another one whose id begins alike', async () => {
    const { history, report, commandIds } = await setUp();
    await report(40);
    const loaded = await history.load(INSTANCE_ID);
    const alike = `${commandIds[3]!.slice(0, 8)}${randomUUID().slice(8)}`;
    expect(await history.streams.findCommand(STREAM, loaded, alike)).toBeUndefined();
    expect(await history.streams.findCommand(STREAM, loaded, randomUUID())).toBeUndefined();
  });

  it('is looked for in no page that is not where it is said to be', async () => {
    const { history, report, forge } = await setUp();
    await report(12);
    await forge({ commands: { page: '', earlier: [3], closed: false } });
    const loaded = await history.load(INSTANCE_ID);
    const found = history.streams.findCommand(STREAM, loaded, randomUUID());
    await expect(found).rejects.toMatchObject({ code: 'unreadable-history', revision: 3 });
  });
});
