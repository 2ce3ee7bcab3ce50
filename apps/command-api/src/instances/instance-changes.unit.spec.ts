import type { StoredEvent } from '@uplift/contracts';
import { environmentStream, instanceStream } from '@uplift/contracts';
import type { Labels } from '@uplift/domain';
import { fold, instanceDecider } from '@uplift/domain';
import type { SnapshotOptions } from '@uplift/event-store';
import { environmentIdOf, InstanceHistory, loadOrEmpty } from '@uplift/event-store';
import { FaultyEventStore } from '@uplift/event-store/testing';
import { systemClock } from '@uplift/runtime';
import { cancel, commandServiceOn, refusedWith, trigger } from '../testing/command-requests';
import type { Caller } from '../commands/command-request';
import { InstanceCommands } from './instance-commands';
import { Registrations } from './registrations';

const ID = '11111111-1111-4111-8111-111111111111';
const OTHER_ID = '22222222-2222-4222-8222-222222222222';
const reason = 'asked for';
const PROBE = { path: '/ready' };
const STATUS = 'running-healthy-claimed';

function caller(idempotencyKey: string, more: Partial<Caller> = {}): Caller {
  const actor = { type: 'user', id: 'somebody' } as const;
  return { transport: 'http', actor, labels: {}, idempotencyKey, ...more };
}

function world(options: SnapshotOptions = {}) {
  const store = new FaultyEventStore();
  const { service, environments, limits } = commandServiceOn(store, systemClock, options);
  const commands = new InstanceCommands(service, environments, limits);
  const registrations = new Registrations(commands, service, environments);
  const register = (
    key: string,
    body: Partial<Parameters<Registrations['register']>[0]> = {},
    limit: Labels = {},
  ) =>
    registrations.register(
      { project: 'shop', environment: 'main', app: 'wiki', status: STATUS, ...body },
      caller(key, { labels: limit }),
    );
  const update = (
    key: string,
    changes: Omit<Parameters<InstanceCommands['update']>[0], 'instanceId' | 'reason'>,
    more: Partial<Caller> = {},
    instanceId = ID,
  ) => commands.update({ instanceId, reason, ...changes }, caller(key, more));
  const leave = (key: string, cancelling: { cancel?: true } = {}, instanceId = ID) =>
    commands.deregister({ instanceId, reason, ...cancelling }, caller(key));
  const eventsOf = (instanceId = ID) => loadOrEmpty(store, instanceStream(instanceId));
  const typesOf = async (instanceId = ID) => (await eventsOf(instanceId)).map(({ type }) => type);
  const reservationsOf = async (environment: string) => {
    const id = environmentIdOf({ core: 'default', project: 'shop', environment });
    return (await loadOrEmpty(store, environmentStream(id))).map(({ type }: StoredEvent) => type);
  };
  const stateOf = async (instanceId = ID) =>
    (await new InstanceHistory(store, 'spec').load(instanceId)).state;
  const more = { eventsOf, typesOf, reservationsOf, stateOf };
  return { store, service, commands, limits, register, update, leave, ...more };
}

async function registered(options: SnapshotOptions = {}) {
  const all = world(options);
  await all.register('register', { instanceId: ID, labels: { team: 'a' } });
  return all;
}

describe('an update', () => {
  it('changes what it names, once: given again it finds all in place', async () => {
    const { update, typesOf, stateOf } = await registered();
    const changes = { healthProbe: PROBE, labels: { team: 'b' } };

    await expect(update('u-1', changes)).resolves.toMatchObject({ outcome: 'accepted' });
    await expect(update('u-1', changes)).resolves.toMatchObject({ outcome: 'repeated' });
    await expect(update('u-2', changes)).resolves.toMatchObject({ outcome: 'unchanged' });

    expect(await typesOf()).toEqual(['InstanceRegistered', 'InstanceUpdated', 'CommandNoted']);
    expect(await stateOf()).toMatchObject({ profile: { healthProbe: { path: '/ready' } } });
  });

  it('is refused under a key that stands for another one, and with nothing to change', async () => {
    const { update } = await registered();
    await update('u-1', { app: 'shop' });

    const other = update('u-1', { app: 'blog' });
    await expect(other).rejects.toMatchObject(refusedWith('idempotency-key-reused'));
    await expect(update('u-2', {})).rejects.toMatchObject(refusedWith('invalid-input'));
  });

  it('is refused once the instance is at another revision than its caller has seen', async () => {
    const { update } = await registered();
    const [one, two] = [{ app: 'one' }, { app: 'two' }];

    await update('u-1', one, { ifRevision: 0 });

    await expect(update('u-2', two, { ifRevision: 0 })).rejects.toMatchObject(
      refusedWith('precondition-failed'),
    );
    await expect(update('u-2', two, { ifRevision: 1 })).resolves.toMatchObject({ revision: 2 });
  });

  it('beside another one takes nothing of it back', async () => {
    const { update, stateOf } = await registered();

    await Promise.all([update('u-1', { healthProbe: PROBE }), update('u-2', { app: 'blog' })]);

    expect(await stateOf()).toMatchObject({
      profile: { app: 'blog', healthProbe: { path: '/ready' } },
    });
  });

  it.each([1, 2, 3, 4])(
    'is compared with the labels that the instance has by then, with snapshots every %i events',
    async (snapshotEvery) => {
      const { update, limits } = await registered({ snapshotEvery });
      for (const n of [1, 2, 3]) {
        await update(`to-${n}`, { labels: { n: String(n) } });
        await update(`other-${n}`, { app: `app-${n}` });
      }

      await expect(update('same', { labels: { n: '3' } })).resolves.toMatchObject({
        outcome: 'unchanged',
      });
      await expect(update('back', { labels: { n: '2' } })).resolves.toMatchObject({
        outcome: 'accepted',
      });
      expect(await limits.covers({ n: '2' }, ID)).toBe(true);
      expect(await limits.covers({ n: '3' }, ID)).toBe(false);
    },
  );

  it('by a limited caller keeps the instance within its labels', async () => {
    const { update } = await registered();
    const limited = { labels: { team: 'a' } };

    await expect(update('u-1', { labels: { team: 'b' } }, limited)).rejects.toMatchObject(
      refusedWith('token-limited'),
    );
    await update('u-2', { labels: { team: 'a', region: 'eu' } }, limited);
    await expect(update('u-3', { app: 'x' }, { labels: { team: 'b' } })).rejects.toMatchObject(
      refusedWith('instance-unknown'),
    );
  });

  it('of a removed instance is refused', async () => {
    const { update, leave } = await registered();
    await leave('leave');
    await expect(update('u-1', { app: 'x' })).rejects.toMatchObject(
      refusedWith('instance-removed'),
    );
  });
});

describe('an update to another environment', () => {
  const MOVE = { environment: 'dev' };

  it.each([1, 2, 3, 64])(
    'reserves it, and frees the one before, with snapshots every %i events',
    async (snapshotEvery) => {
      const { update, register, reservationsOf, stateOf } = await registered({ snapshotEvery });
      await update('u-0', { app: 'x' });
      await update('u-1', { app: 'y' });

      await update('move', MOVE);

      expect(await reservationsOf('main')).toEqual(['EnvironmentReserved', 'EnvironmentFreed']);
      expect(await reservationsOf('dev')).toEqual(['EnvironmentReserved']);
      await expect(register('second', MOVE)).rejects.toMatchObject({
        problem: { code: 'environment-taken', existingInstanceId: ID },
      });
      await expect(register('third')).resolves.toMatchObject({ outcome: 'accepted' });
      expect(await stateOf()).toMatchObject({ profile: { environment: 'dev' } });
    },
  );

  it('is refused where another instance is', async () => {
    const { update, register, typesOf } = await registered();
    await register('second', { ...MOVE, instanceId: OTHER_ID });

    await expect(update('move', MOVE)).rejects.toMatchObject({
      problem: { code: 'environment-taken', existingInstanceId: OTHER_ID },
    });

    expect(await typesOf()).toEqual(['InstanceRegistered']);
  });

  it('lets one of two instances have it that go there at once', async () => {
    const { update, register, stateOf } = await registered();
    await register('second', { environment: 'second', instanceId: OTHER_ID });

    const moves = [update('move', MOVE), update('move', MOVE, {}, OTHER_ID)];
    const results = await Promise.allSettled(moves);

    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const states = [await stateOf(), await stateOf(OTHER_ID)];
    const places = states.map((state) => state.kind === 'resting' && state.profile.environment);
    expect(places.filter((place) => place === 'dev')).toHaveLength(1);
  });

  it('keeps the new environment until the instance has got there, when somebody else was first', async () => {
    const { store, update, register } = await registered();
    store.rivals.push(
      () => Promise.resolve(),
      async () => {
        await update('rival', { app: 'x' });
      },
    );

    await expect(update('move', MOVE)).resolves.toMatchObject({ outcome: 'accepted' });

    await expect(register('second', MOVE)).rejects.toMatchObject(refusedWith('environment-taken'));
  });

  it('that broke off keeps the new environment for its repeat, and then both are right', async () => {
    const { store, update, register } = await registered();
    store.faults.push('stored');
    await expect(update('move', MOVE)).rejects.toMatchObject(
      refusedWith('event-store-unavailable'),
    );
    await expect(register('second', MOVE)).rejects.toMatchObject({
      problem: {
        code: 'environment-taken',
        detail: expect.stringContaining('repeat its update') as string,
      },
    });

    await expect(update('move', MOVE)).resolves.toMatchObject({ outcome: 'accepted' });
    await expect(register('third')).resolves.toMatchObject({ outcome: 'accepted' });
  });

  it('comes back to where it was, and is a start of its own there', async () => {
    const { service, update, reservationsOf } = await registered();
    await update('there', MOVE);
    await update('back', { environment: 'main' });

    await service.execute(trigger());

    expect((await reservationsOf('main')).at(-1)).toBe('EnvironmentReserved');
    expect((await reservationsOf('dev')).at(-1)).toBe('EnvironmentFreed');
  });

  it('is refused while an upgrade is in flight, and reserves nothing', async () => {
    const { service, update, reservationsOf } = await registered();
    await service.execute(trigger());

    await expect(update('move', MOVE)).rejects.toMatchObject(refusedWith('upgrade-in-flight'));

    expect(await reservationsOf('dev')).toEqual([]);
  });
});

describe('a deregistration with cancel', () => {
  it('keeps the environment as long as the upgrade runs', async () => {
    const { store, service, leave, register, reservationsOf, eventsOf } = await registered();
    await service.execute(trigger());
    const history = new InstanceHistory(store, 'stage-workers');
    const { head, state } = await history.load(ID);
    const upgradeId = state.kind === 'upgrading' ? state.workOrder.upgradeId : '';
    const ids = { upgradeId, attempt: 1 };
    const cause = {
      causationId: 'spec',
      step: 's',
      correlationId: ID,
      actor: { type: 'system', id: 'spec' },
    } as const;
    const call = { ...ids, step: 'pre-upgrade', callNo: 1, marker: 'm', worker: 'w' } as const;
    await history.append(
      ID,
      head,
      [
        { type: 'PreUpgradeStarted', data: { ...ids, worker: 'w' } },
        { type: 'ScriptRequested', data: call },
      ],
      cause,
    );

    await expect(leave('leave', { cancel: true })).resolves.toMatchObject({
      outcome: 'accepted',
      status: 'pre-upgrade-running',
    });
    await expect(leave('leave', { cancel: true })).resolves.toMatchObject({ outcome: 'repeated' });

    expect(await reservationsOf('main')).toEqual(['EnvironmentReserved']);
    await expect(register('second')).rejects.toMatchObject(refusedWith('environment-taken'));
    expect((await eventsOf()).slice(-2).map(({ type }) => type)).toEqual([
      'DeregistrationRequested',
      'UpgradeCancelRequested',
    ]);
  });

  it('of an upgrade that has not begun is done at once', async () => {
    const { service, leave, typesOf, register } = await registered();
    await service.execute(trigger());

    await expect(leave('leave')).rejects.toMatchObject(refusedWith('upgrade-in-flight'));
    await expect(leave('leave-now', { cancel: true })).resolves.toMatchObject({
      status: 'removed',
    });

    expect((await typesOf()).slice(2)).toEqual([
      'DeregistrationRequested',
      'UpgradeCancelRequested',
      'UpgradeCancelled',
      'InstanceDeregistered',
    ]);
    await expect(service.execute(cancel())).resolves.toMatchObject({ outcome: 'unchanged' });
    await expect(register('second')).resolves.toMatchObject({ outcome: 'accepted' });
  });
});

describe('a registration with upsert', () => {
  const upsert = { upsert: true } as const;

  it('registers where nobody is, and answers with the same for ever', async () => {
    const { register, leave } = world();
    const made = await register('one', upsert);
    expect(made).toMatchObject({ outcome: 'accepted' });
    expect(made.existed).toBeUndefined();

    await leave('leave', {}, made.instanceId);

    await expect(register('one', upsert)).resolves.toMatchObject({
      outcome: 'repeated',
      instanceId: made.instanceId,
      revision: 0,
    });
  });

  it('answers with the instance that is there, and changes nothing that it does not name', async () => {
    const { register, typesOf, stateOf } = await registered();
    const again = await register('again', { ...upsert, environment: 'MAIN', healthProbe: PROBE });

    expect(again).toMatchObject({ instanceId: ID, existed: true, outcome: 'accepted' });
    expect(await stateOf()).toMatchObject({
      profile: { environment: 'main', healthProbe: { path: '/ready' } },
    });
    await expect(register('third', upsert)).resolves.toMatchObject({
      instanceId: ID,
      existed: true,
      outcome: 'unchanged',
    });
    expect(await typesOf()).toEqual(['InstanceRegistered', 'InstanceUpdated', 'CommandNoted']);
  });

  it('gives the same answer under its key when the instance has left meanwhile', async () => {
    const { register, leave } = await registered();
    const first = await register('again', upsert);
    await leave('leave');

    const { outcome, ...repeated } = await register('again', upsert);

    expect({ ...repeated, outcome: first.outcome }).toEqual(first);
    expect(outcome).toBe('repeated');
    await expect(register('new', upsert)).resolves.toMatchObject({ outcome: 'accepted' });
  });

  it('at once by many makes one instance', async () => {
    const { register } = world();
    const keys = Array.from({ length: 10 }, (_, n) => `key-${n}`);

    const results = await Promise.allSettled(keys.map((key) => register(key, upsert)));

    const ids = results.flatMap((each) =>
      each.status === 'fulfilled' ? [each.value.instanceId] : [],
    );
    expect(new Set(ids).size).toBe(1);
  });

  it('under another id than the one that is there is refused', async () => {
    const { register } = await registered();
    await expect(register('x', { ...upsert, instanceId: OTHER_ID })).rejects.toMatchObject({
      problem: { code: 'environment-taken', existingInstanceId: ID },
    });
    await expect(register('y', { ...upsert, instanceId: ID })).resolves.toMatchObject({
      existed: true,
    });
  });

  it('tells a limited caller nothing of the instance of somebody else', async () => {
    const { register } = await registered();
    const mine = { ...upsert, labels: { team: 'b' } };
    const refused = register('mine', mine, { team: 'b' });
    await expect(refused).rejects.toMatchObject(refusedWith('environment-taken'));
    await expect(refused).rejects.not.toMatchObject({ problem: { existingInstanceId: ID } });
  });
});

test('what was appended is a legal history', async () => {
  const { update, leave, eventsOf } = await registered();
  await update('u', { app: 'x', labels: {} });
  await leave('l');
  const events = (await eventsOf()).map(({ type, data }) => ({ type, data }));
  expect(fold(instanceDecider, events as never)).toMatchObject({ status: 'removed' });
});
