import type { StoredEvent } from '@uplift/contracts';
import { environmentStream, instanceStream } from '@uplift/contracts';
import type { SnapshotOptions } from '@uplift/event-store';
import { environmentIdOf, InstanceHistory, loadOrEmpty, NO_STREAM } from '@uplift/event-store';
import { FaultyEventStore } from '@uplift/event-store/testing';
import { systemClock } from '@uplift/runtime';
import {
  commandServiceOn,
  INSTANCE_ID,
  refusedWith,
  registration,
  report,
  trigger,
} from '../testing/command-requests';

const OTHER_ID = '22222222-2222-4222-8222-222222222222';
const SHOP = { core: 'default', project: 'shop', environment: 'main' };
const FIRST = { environment: 'main' };
const SECOND = { key: 'second', instanceId: OTHER_ID, environment: 'main' };
const TAKEN = { code: 'environment-taken', existingInstanceId: INSTANCE_ID };

function world(coreNames: readonly string[] = [], snapshots: SnapshotOptions = {}) {
  const store = new FaultyEventStore();
  const { service, environments } = commandServiceOn(store, systemClock, {
    coreNames,
    ...snapshots,
  });
  const register = (place: Parameters<typeof registration>[0] = {}) => {
    const request = registration(place);
    const { data } = request.command;
    const environmentId = environments.idFor(data.profile, data.status);
    return service.execute({
      ...request,
      command: {
        type: 'RegisterInstance',
        data: { ...data, ...(environmentId && { environmentId }) },
      },
    });
  };
  const deregister = (key: string, instanceId = INSTANCE_ID) => {
    const data = { reason: 'moved', requestedBy: 'somebody' };
    const { caller } = registration({ key });
    const command = { type: 'DeregisterInstance', data } as const;
    return service.execute({ instanceId, command, content: { instanceId }, caller });
  };
  const typesIn = async (stream: string) =>
    (await loadOrEmpty(store, stream)).map(({ type }: StoredEvent) => type);
  const reservations = () => typesIn(environmentStream(environmentIdOf(SHOP)));
  const historyOf = (instanceId: string) => typesIn(instanceStream(instanceId));
  return { store, service, register, deregister, reservations, historyOf };
}

/** An instance as builds registered it that knew of no reservation. */
async function registeredLongAgo(store: FaultyEventStore, instanceId: string, key: string) {
  const { command } = registration({ instanceId, environment: 'main' });
  const cause = { causationId: key, step: 's', correlationId: instanceId, actor: ACTOR };
  const { data } = command;
  await new InstanceHistory(store, 'old').append(
    instanceId,
    NO_STREAM,
    [{ type: 'InstanceRegistered', data }],
    cause,
  );
}
const ACTOR = { type: 'user', id: 'somebody' } as const;

describe('a registration', () => {
  it('reserves its environment first, with two appends and no further read', async () => {
    const { store, register, reservations } = world();

    await register(FIRST);

    expect({ loads: store.loads, end: await store.lastPosition() }).toEqual({
      loads: 1,
      end: 200n,
    });
    expect(await reservations()).toEqual(['EnvironmentReserved']);
  });

  it('is refused where another instance is, with its id, and leaves nothing', async () => {
    const { store, register, historyOf } = world();
    await register(FIRST);
    const end = await store.lastPosition();

    await expect(register(SECOND)).rejects.toMatchObject({ problem: TAKEN });

    expect(await historyOf(OTHER_ID)).toEqual([]);
    expect(await store.lastPosition()).toBe(end);
  });

  it('lets one of many at once have the environment', async () => {
    const { register } = world();
    const ids = Array.from({ length: 20 }, (_, n) => `22222222-2222-4222-8222-${n + 100000000000}`);

    const results = await Promise.allSettled(
      ids.map((instanceId) => register({ key: instanceId, instanceId, environment: 'main' })),
    );

    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it.each(['Main', 'MAIN'])('is refused where the same environment is spelled %s', async (name) => {
    const { register } = world();
    await register(FIRST);

    await expect(register({ ...SECOND, environment: name })).rejects.toMatchObject({
      problem: TAKEN,
    });
  });

  it('that broke off half way keeps the environment, and is completed by repeating it', async () => {
    const { store, register, reservations } = world();
    store.faults.push('stored');
    await expect(register(FIRST)).rejects.toMatchObject(refusedWith('event-store-unavailable'));
    await expect(register(SECOND)).rejects.toMatchObject({
      problem: { ...TAKEN, detail: expect.stringContaining('not registered yet') as string },
    });

    await expect(register(FIRST)).resolves.toMatchObject({ outcome: 'accepted', revision: 0 });
    await expect(register(FIRST)).resolves.toMatchObject({ outcome: 'repeated', revision: 0 });
    expect(await reservations()).toEqual(['EnvironmentReserved']);
  });

  it('that broke off can be completed by somebody else under the id that has it', async () => {
    const { store, register } = world();
    store.faults.push('stored');
    await register(FIRST).catch(() => undefined);

    await expect(register({ ...FIRST, key: 'another' })).resolves.toMatchObject({
      outcome: 'accepted',
    });
  });

  it('that is refused anyway reserves nothing', async () => {
    const { store, service } = world();
    const request = registration(FIRST);
    const data = { ...request.command.data, status: 'upgrade-running' } as const;

    await expect(
      service.execute({ ...request, command: { type: 'RegisterInstance', data } }),
    ).rejects.toMatchObject(refusedWith('status-not-importable'));

    expect(await store.lastPosition()).toBeNull();
  });

  it('under one id in two environments at once blocks neither for others', async () => {
    const { register } = world();
    const two = [register(FIRST), register({ key: 'elsewhere', environment: 'dev' })];
    const [inMain, inDev] = await Promise.allSettled(two);
    expect([inMain?.status, inDev?.status].sort()).toEqual(['fulfilled', 'rejected']);
    const lost = inMain?.status === 'rejected' ? 'main' : 'dev';

    await expect(register({ ...SECOND, environment: lost })).resolves.toMatchObject({
      outcome: 'accepted',
    });
  });
});

describe('a core', () => {
  it('is one under every name while no names are set', async () => {
    const { register } = world();
    await register({ ...FIRST, core: 'eu-1' });

    await expect(register({ ...SECOND, core: 'default' })).rejects.toMatchObject({
      problem: TAKEN,
    });
  });

  it('is another one under another name once names are set', async () => {
    const { register } = world(['eu-1', 'us-1']);
    await register({ ...FIRST, core: 'eu-1' });

    await expect(register({ ...SECOND, core: 'us-1' })).resolves.toMatchObject({
      outcome: 'accepted',
    });
  });
});

describe('a deregistration', () => {
  it('frees the environment for another instance, and for the same', async () => {
    const { register, deregister, reservations } = world();
    await register(FIRST);

    await expect(deregister('leave')).resolves.toMatchObject({ status: 'removed', revision: 1 });
    expect(await reservations()).toEqual(['EnvironmentReserved', 'EnvironmentFreed']);
    await register(SECOND);
    await expect(register({ ...FIRST, key: 'back' })).rejects.toMatchObject({
      problem: { code: 'environment-taken', existingInstanceId: OTHER_ID },
    });
    await deregister('leave-2', OTHER_ID);
    await expect(register({ ...FIRST, key: 'back' })).resolves.toMatchObject({ revision: 2 });
  });

  it('that broke off half way is completed by repeating it', async () => {
    const { store, register, deregister, reservations } = world();
    await register(FIRST);
    store.rivals.push(
      () => Promise.resolve(),
      () => Promise.resolve(store.faults.push('lost')),
    );
    await expect(deregister('leave')).rejects.toMatchObject(refusedWith('event-store-unavailable'));
    expect(await reservations()).toEqual(['EnvironmentReserved']);

    await deregister('leave');

    expect(await reservations()).toEqual(['EnvironmentReserved', 'EnvironmentFreed']);
  });

  it('that broke off and is never repeated does not keep others out', async () => {
    const { store, register, deregister, reservations } = world();
    await register(FIRST);
    store.rivals.push(
      () => Promise.resolve(),
      () => Promise.resolve(store.faults.push('lost')),
    );
    await deregister('leave').catch(() => undefined);

    await expect(register(SECOND)).resolves.toMatchObject({ outcome: 'accepted' });

    expect(await reservations()).toEqual([
      'EnvironmentReserved',
      'EnvironmentFreed',
      'EnvironmentReserved',
    ]);
  });

  it('that is repeated late takes nothing from the registration that followed it', async () => {
    const { register, deregister, reservations } = world();
    await register(FIRST);
    await deregister('leave');
    await register({ ...FIRST, key: 'back' });

    await expect(deregister('leave')).resolves.toMatchObject({ outcome: 'repeated' });

    expect((await reservations()).at(-1)).toBe('EnvironmentReserved');
    await expect(register(SECOND)).rejects.toMatchObject({ problem: TAKEN });
  });
});

describe('a registration that follows another one', () => {
  it.each([1, 2, 3, 4])(
    'keeps its environment, and frees it, with snapshots every %i events',
    async (snapshotEvery) => {
      const { service, register, deregister, reservations, historyOf } = world([], {
        snapshotEvery,
      });
      await register(FIRST);
      await service.execute(report('ill', 'running-unhealthy'));
      await service.execute(report('well', 'running-healthy-claimed'));
      await deregister('leave');

      await register({ ...FIRST, key: 'back' });

      await expect(register(SECOND)).rejects.toMatchObject({ problem: TAKEN });
      await deregister('leave-again');
      expect((await reservations()).at(-1)).toBe('EnvironmentFreed');
      expect(await historyOf(INSTANCE_ID)).toContain('InstanceSnapshotTaken');
    },
  );
});

describe('an environment whose instance cannot be looked up', () => {
  it.each(['deleted', 'tombstoned', 'truncated'] as const)(
    'is free once the stream of the instance is %s',
    async (loss) => {
      const { store, service, register, reservations } = world();
      await register(FIRST);
      await service.execute(report('ill', 'running-unhealthy'));
      store.remove(instanceStream(INSTANCE_ID), loss);

      await expect(register(SECOND)).resolves.toMatchObject({ outcome: 'accepted' });

      expect((await reservations()).at(-1)).toBe('EnvironmentReserved');
      const third = { ...SECOND, key: 'third', instanceId: OTHER_ID.replaceAll('2', '3') };
      await expect(register(third)).rejects.toMatchObject({
        problem: { code: 'environment-taken', existingInstanceId: OTHER_ID },
      });
    },
  );

  it('stays taken while the history of the instance cannot be read', async () => {
    const { store, register, historyOf } = world();
    await register(FIRST);
    store.putRaw(instanceStream(INSTANCE_ID), 'Unheard', {});

    await expect(register(SECOND)).rejects.toMatchObject({
      problem: { ...TAKEN, status: 409, detail: expect.stringContaining('Unheard') as string },
    });

    expect(await historyOf(OTHER_ID)).toEqual([]);
  });
});

describe('an instance that an earlier build registered', () => {
  it('gets its environment before its next start, by one append and one time', async () => {
    const { store, service, register, reservations } = world();
    await registeredLongAgo(store, INSTANCE_ID, 'old-1');

    await service.execute(report('ill', 'running-unhealthy'));
    expect(await reservations()).toEqual([]);
    await service.execute(report('well', 'running-healthy-claimed'));
    await service.execute(trigger());

    expect(await reservations()).toEqual(['EnvironmentReserved']);
    await expect(register(SECOND)).rejects.toMatchObject({ problem: TAKEN });
  });

  it('is not upgraded beside another one of the same environment', async () => {
    const { store, service } = world();
    await registeredLongAgo(store, INSTANCE_ID, 'old-1');
    await registeredLongAgo(store, OTHER_ID, 'old-2');
    await service.execute(trigger());

    await expect(
      service.execute(trigger({ key: 'two', instanceId: OTHER_ID })),
    ).rejects.toMatchObject({ problem: TAKEN });
  });
});
