import { randomUUID } from 'node:crypto';
import type { InstanceEvent, RunningStatus } from '@uplift/domain';
import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { CommandHandler } from './command-handler';
import type { HandlePolicy } from './command-handler';
import { EventStoreUnavailableError, NO_STREAM, RevisionConflictError } from './event-store.port';
import { FaultyEventStore, SAMPLE_METADATA } from './testing';
import { InstanceHistory } from './instance-history';
import type { LoadedInstance } from './instance-history';

const PROFILE = {
  project: 'shop',
  projectId: null,
  environment: 'main',
  core: 'eu-1',
  app: 'web-shop',
  scripts: { preUpgrade: null, postUpgrade: null },
  healthProbe: { path: '/', acceptStatuses: [] },
};
const REGISTERED: InstanceEvent = {
  type: 'InstanceRegistered',
  data: { profile: PROFILE, labels: {}, status: 'running-healthy-claimed' },
};
const report = (status: RunningStatus) => ({ type: 'ReportHealth' as const, data: { status } });
const reported = (status: RunningStatus): InstanceEvent => ({
  type: 'HealthReported',
  data: { status },
});
const SICK = 'running-unhealthy';
const MUTE = 'running-unresponsive';
/** Of an event of ours. */
const SAMPLE = { ...SAMPLE_METADATA, hash: 'a'.repeat(64) };

const causeOf = (step: string) => ({
  causationId: randomUUID(),
  step,
  correlationId: 'c',
  actor: { type: 'system' as const, id: 'spec' },
});

/** One registered instance, and a command that says it is unhealthy. */
async function setUp() {
  const store = new FaultyEventStore();
  const clock = new VirtualClock();
  const history = new InstanceHistory(store, 'spec');
  const handler = new CommandHandler(history, { clock, randomness: new SeededRandomness(3) });
  const instanceId = randomUUID();
  const handle = async <A = never>(policy: HandlePolicy<A>, command = report(SICK)) => {
    const outcome = handler.handle({ instanceId, command, cause: causeOf('Report') }, policy);
    outcome.catch(() => undefined);
    for (let n = 0; n < 20; n += 1) await clock.advance(100);
    return outcome;
  };
  const { head } = await history.append(instanceId, NO_STREAM, [REGISTERED], causeOf('Register'));
  /** Somebody else appends. */
  const rival = (status: RunningStatus) => async () => {
    const loaded = await history.load(instanceId);
    await history.append(instanceId, loaded.head, [reported(status)], causeOf('rival'));
  };
  const statuses = async () =>
    (await history.load(instanceId)).decoded.slice(1).map(({ data }) => (data as Status).status);
  const known = await history.load(instanceId);
  store.loads = 0;
  return { store, clock, history, handler, instanceId, head, handle, rival, statuses, known };
}

interface Status {
  readonly status: string;
}

describe('history of an instance', () => {
  it('is loaded with its events as stored and as the domain knows them', async () => {
    const { history, instanceId, head } = await setUp();
    const { events, decoded, ...known } = await history.load(instanceId);
    expect(decoded).toEqual([REGISTERED]);
    expect(events).toMatchObject([REGISTERED]);
    expect(known).toMatchObject({ head, position: 100n, state: { kind: 'resting' } });
  });

  it('of an instance that is not there is empty', async () => {
    const { history } = await setUp();
    expect(await history.load(randomUUID())).toMatchObject({
      state: { kind: 'absent' },
      head: NO_STREAM,
      position: 0n,
      events: [],
      decoded: [],
    });
  });

  it.each([
    ['unknown-type', 'NeverHeardOf', {}, SAMPLE],
    ['newer-version', 'HealthReported', {}, { ...SAMPLE, schemaVersion: 2 }],
    ['invalid-data', 'HealthReported', { status: 7 }, SAMPLE],
    ['damaged-metadata', 'HealthReported', { status: SICK }, undefined],
    ['illegal-step', 'InstanceRegistered', REGISTERED.data, SAMPLE],
  ])('that cannot be read names the event and the reason: %s', async (...row) => {
    const [reason, type, data, metadata] = row;
    const { history, store, instanceId } = await setUp();
    const { id } = store.putRaw(`instance-${instanceId}`, type, data, metadata);
    await expect(history.load(instanceId)).rejects.toMatchObject({
      ...{ code: 'unreadable-history', reason, eventId: id, revision: 1 },
    });
  });

  it('of which an event is missing names the one behind the gap', async () => {
    const { history, store, instanceId } = await setUp();
    const events = await store.load(`instance-${instanceId}`);
    jest.spyOn(store, 'loadLast').mockResolvedValue([{ ...events[0]!, revision: 1 }]);
    await expect(history.load(instanceId)).rejects.toMatchObject({
      ...{ code: 'unreadable-history', reason: 'broken-chain', revision: 1 },
    });
  });
});

describe('the handling of a command', () => {
  it('loads, decides and appends', async () => {
    const { handle, store, history, instanceId } = await setUp();
    const handled = await handle({ tries: 3 });
    expect(store.loads).toBe(1);
    const { state, head, position } = await history.load(instanceId);
    expect(handled).toEqual({ kind: 'appended', instance: { state, head, position } });
    expect(state).toMatchObject({ status: SICK });
  });

  it('appends nothing when nothing is due', async () => {
    const { handle, known, statuses } = await setUp();
    const handled = await handle({ tries: 3 }, report('running-healthy-claimed'));
    expect(handled).toEqual({ kind: 'not-due', instance: known });
    expect(await statuses()).toEqual([]);
  });

  it('starts from what is known without reading the stream', async () => {
    const { handle, store, known, statuses } = await setUp();
    expect(await handle({ tries: 3, from: known })).toMatchObject({ kind: 'appended' });
    expect(store.loads).toBe(0);
    expect(await statuses()).toEqual([SICK]);
  });

  it('loads and decides again when somebody else was first', async () => {
    const { handle, store, known, rival, statuses } = await setUp();
    store.rivals.push(rival(MUTE));
    expect(await handle({ tries: 3, from: known })).toMatchObject({ kind: 'appended' });
    expect(await statuses()).toEqual([MUTE, SICK]);
  });

  it('finds nothing to do when somebody else has done it', async () => {
    const { handle, store, rival, statuses } = await setUp();
    store.rivals.push(rival(SICK));
    expect(await handle({ tries: 3 })).toMatchObject({ kind: 'not-due' });
    expect(await statuses()).toEqual([SICK]);
  });

  it('pauses before it tries again, a little longer each time', async () => {
    const { handler, store, clock, rival, instanceId } = await setUp();
    store.rivals.push(rival(MUTE), () => Promise.resolve(), rival('running-healthy-claimed'));
    const change = { instanceId, command: report(SICK), cause: causeOf('Report') };
    const handling = handler.handle(change, { tries: 3 });
    await clock.advance(0);
    const [first = 0] = [clock.nextAt];
    expect(first).toBeGreaterThanOrEqual(5);
    expect(first).toBeLessThan(10);
    await clock.advance(first);
    const second = (clock.nextAt ?? 0) - first;
    expect(second).toBeGreaterThanOrEqual(10);
    expect(second).toBeLessThan(20);
    await clock.advance(second);
    expect(await handling).toMatchObject({ kind: 'appended' });
  });

  it('gives up with the conflict after as many tries as it may make', async () => {
    const { handle, store, rival, statuses } = await setUp();
    const turns = [MUTE, 'running-healthy-claimed', MUTE] as const;
    for (const status of turns) store.rivals.push(rival(status), () => Promise.resolve());
    await expect(handle({ tries: 3 })).rejects.toBeInstanceOf(RevisionConflictError);
    expect(await statuses()).toEqual([...turns]);
  });

  it('tries once if it may try once', async () => {
    const { handle, store, rival, known } = await setUp();
    store.rivals.push(rival(MUTE));
    const handled = handle({ tries: 1, from: known });
    await expect(handled).rejects.toBeInstanceOf(RevisionConflictError);
    expect(store.loads).toBe(1);
  });

  it('shows the instance after each load, and ends with the answer to that', async () => {
    const { handle, store, rival, statuses } = await setUp();
    const shown: number[] = [];
    store.rivals.push(rival(MUTE));
    const onLoad = ({ head, decoded }: LoadedInstance) => {
      shown.push(head.revision);
      return Promise.resolve(decoded.length > 1 ? `seen ${decoded.length}` : undefined);
    };
    expect(await handle({ tries: 3, onLoad })).toEqual({ kind: 'answered', answer: 'seen 2' });
    expect(shown).toEqual([0, 1]);
    expect(await statuses()).toEqual([MUTE]);
  });

  it('ends with the error of whoever looks at the instance', async () => {
    const { handle, statuses } = await setUp();
    const onLoad = () => {
      throw new Error('another revision');
    };
    await expect(handle({ tries: 3, onLoad })).rejects.toThrow('another revision');
    expect(await statuses()).toEqual([]);
  });

  it('says that an outcome is unknown if it may not look for itself', async () => {
    const { handle, store, statuses } = await setUp();
    store.faults.push('stored');
    await expect(handle({ tries: 3 })).rejects.toBeInstanceOf(EventStoreUnavailableError);
    expect(await statuses()).toEqual([SICK]);
  });

  it('finds an append of unknown outcome by its id, before anybody is shown the instance', async () => {
    const { handle, store, statuses, known } = await setUp();
    let shown = 0;
    store.faults.push('stored');
    const onLoad = () => void (shown += 1);
    const handled = await handle({ tries: 3, from: known, retriesUnknown: true, onLoad });
    expect(handled).toMatchObject({ kind: 'appended', instance: { head: { revision: 1 } } });
    expect(shown).toBe(0);
    expect(await statuses()).toEqual([SICK]);
  });

  it('repeats an append that surely did not land, until it may not try again', async () => {
    const { handle, store, statuses } = await setUp();
    store.faults.push('lost', 'lost', 'stored');
    const policy = { tries: 4, retriesUnknown: true };
    expect(await handle(policy)).toMatchObject({ kind: 'appended' });
    expect(await statuses()).toEqual([SICK]);
    store.faults.push('lost', 'lost', 'lost', 'lost');
    await expect(handle(policy, report(MUTE))).rejects.toThrow('no answer');
    expect(store.faults).toEqual([]);
  });

  it('does not ask a store again that takes twenty seconds to say nothing', async () => {
    const { store, clock, handle, known } = await setUp();
    const slow = () => clock.pause(15_000);
    store.rivals.push(slow, slow, slow);
    store.faults.push('lost', 'lost', 'lost');
    const policy = { tries: 5, from: known, retriesUnknown: true };
    const handled = handle(policy);
    const refused = expect(handled).rejects.toThrow(EventStoreUnavailableError);
    await clock.advance(60_000);
    await refused;
    expect(store.faults).toHaveLength(1);
  });

  it('does not repeat what another error has ended', async () => {
    const { handle } = await setUp();
    const refused = handle({ tries: 3 }, report('running-healthy-unclaimed'));
    await expect(refused).rejects.toMatchObject({ code: 'claim-axis-crossed' });
  });
});
