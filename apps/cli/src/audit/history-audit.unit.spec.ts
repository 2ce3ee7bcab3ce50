import type { StoredEvent } from '@uplift/contracts';
import { instanceStream, refusalStream, SYSTEM_STREAM } from '@uplift/contracts';
import { InstanceHistory, linkEvents, NO_STREAM, SystemHistory } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { WHOLE_UPGRADE } from '@uplift/domain/testing';
import { auditStore, StreamAudit, verdictOf } from './history-audit';

const INSTANCE = '0b1c6c0e-0000-4000-8000-00000000000a';
const CAUSE = {
  causationId: '0b1c6c0e-0000-4000-8000-00000000000b',
  step: 'test',
  correlationId: INSTANCE,
  actor: { type: 'system', id: 'test' },
} as const;

async function storeWithOneUpgrade(): Promise<InMemoryEventStore> {
  const store = new InMemoryEventStore();
  const history = new InstanceHistory(store, 'test');
  await history.append(INSTANCE, NO_STREAM, WHOLE_UPGRADE, CAUSE);
  return store;
}

function audited(events: readonly StoredEvent[]): StreamAudit {
  const audit = new StreamAudit(true);
  events.forEach((event) => audit.take(event));
  return audit;
}

describe('the audit of one stream', () => {
  let events: StoredEvent[];

  beforeEach(async () => {
    events = await (await storeWithOneUpgrade()).load(instanceStream(INSTANCE));
  });

  it('replays a sound history to its end', () => {
    const audit = audited(events);
    expect(audit.fault).toBeNull();
    expect(audit.events).toBe(WHOLE_UPGRADE.length);
    expect(audit.hash).toBe(events.at(-1)?.metadata.hash);
    expect(audit.view?.status).toBe('running-healthy-claimed');
    expect(audit.timeline.map(({ eventType }) => eventType)).toEqual(
      WHOLE_UPGRADE.map(({ type }) => type),
    );
  });

  it('replays to the state of an earlier revision', () => {
    expect(audited(events.slice(0, 3)).view?.status).toBe('pre-upgrade-running');
  });

  it('names the revision whose content was changed', () => {
    const forged = events.map((event) =>
      event.revision === 2 ? { ...event, data: { ...event.data, worker: 'somebody' } } : event,
    );
    expect(audited(forged).fault).toBe('revision 2: the hash chain is broken (hash)');
  });

  it('names the revision before which an event is missing', () => {
    const cut = events.filter(({ revision }) => revision !== 4);
    expect(audited(cut).fault).toBe('revision 5: the hash chain is broken (gap)');
  });

  it('refuses a chain whose hashes fit but whose path is illegal', async () => {
    const store = new InMemoryEventStore();
    const illegal = WHOLE_UPGRADE.filter(({ type }) => type !== 'PreUpgradeStarted');
    await new InstanceHistory(store, 'test').append(INSTANCE, NO_STREAM, illegal, CAUSE);
    const { fault } = audited(await store.load(instanceStream(INSTANCE)));
    expect(fault).toBe('revision 2: PreUpgradeCompleted cannot follow status pending-pre-upgrade');
  });
});

describe('the audit of all streams', () => {
  it('finds a read model equal to the replay', async () => {
    const audits = await auditStore(await storeWithOneUpgrade());
    const views = [...audits.values()].flatMap(({ view }) => (view === null ? [] : [view]));
    expect(verdictOf(audits, views)).toEqual({
      streams: 1,
      events: WHOLE_UPGRADE.length,
      faults: [],
      differences: [],
      isSound: true,
    });
  });

  it('names what the read model shows otherwise', async () => {
    const audits = await auditStore(await storeWithOneUpgrade());
    const [view] = [...audits.values()].flatMap((audit) => audit.view ?? []);
    const row = { ...view!, status: 'running-unhealthy' } as const;
    expect(verdictOf(audits, [row])).toMatchObject({
      differences: [`${INSTANCE}: status running-unhealthy, replayed running-healthy-claimed`],
      isSound: false,
    });
  });

  it('names an instance that only one side knows', async () => {
    const audits = await auditStore(await storeWithOneUpgrade());
    const [view] = [...audits.values()].flatMap((audit) => audit.view ?? []);
    const stranger = { ...view!, instanceId: 'stranger' };
    expect(verdictOf(audits, [stranger]).differences).toEqual([
      `${INSTANCE}: missing in the read model`,
      'stranger: not in the store',
    ]);
  });
});

describe('the audit of switches and refusals', () => {
  it('proves their chains too, and expects no row for them', async () => {
    const { store, audits } = await withSwitch();
    const views = [...audits.values()].flatMap(({ view }) => view ?? []);
    expect(verdictOf(audits, views)).toMatchObject({ streams: 2, isSound: true });
    expect((await store.load(SYSTEM_STREAM)).length).toBe(1);
  });

  it('finds a switch whose reason was changed, and an event nobody knows', async () => {
    const { store } = await withSwitch();
    const [switched] = await store.load(SYSTEM_STREAM);
    const forged = { ...switched!, data: { ...switched!.data, reason: 'another' } };
    expect(audited([forged]).fault).toBe('revision 0: the hash chain is broken (hash)');

    const { hash: _hash, ...metadata } = switched!.metadata;
    const [unknown] = linkEvents(refusalStream(INSTANCE), NO_STREAM, [
      { id: 'x', type: 'NeverSeen', data: {}, metadata },
    ]).events;
    expect(audited([{ ...switched!, ...unknown! }]).fault).toMatch(/NeverSeen v1 .* is unknown/);
  });
});

async function withSwitch() {
  const store = await storeWithOneUpgrade();
  const stop = { core: null, requestedBy: 'operator-7', reason: 'Lagoon is being upgraded' };
  const event = { type: 'StartsStopped', data: stop } as const;
  await new SystemHistory(store, 'test').append(NO_STREAM, [event], CAUSE);
  return { store, audits: await auditStore(store) };
}
