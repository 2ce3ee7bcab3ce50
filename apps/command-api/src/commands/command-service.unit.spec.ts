import { instanceStream, isInstanceStream, ProblemError } from '@uplift/contracts';
import { DomainError, OPERATOR_COMMANDS } from '@uplift/domain';
import type { StreamHead } from '@uplift/event-store';
import { EventStoreUnavailableError, RevisionConflictError } from '@uplift/event-store';
import { FaultyEventStore, InMemoryEventStore } from '@uplift/event-store/testing';
import { MOST_NOTES_IN_A_ROW } from './idempotency';
import {
  refusedWith,
  cancel,
  commandServiceOn,
  INSTANCE_ID,
  registration,
  report,
  trigger,
} from '../testing/command-requests';

const SICK = 'running-unhealthy';
const WELL = 'running-healthy-claimed';

const typesIn = async (store: InMemoryEventStore) =>
  (await store.load(instanceStream(INSTANCE_ID))).map(({ type }) => type);

async function registered() {
  const store = new InMemoryEventStore();
  const { service } = commandServiceOn(store);
  await service.execute(registration());
  return { store, service };
}

describe('CommandService', () => {
  it('appends what was decided and says where it is', async () => {
    const { store, service } = await registered();

    const result = await service.execute(trigger({ key: 'k1' }));

    const stored = (await store.load(instanceStream(INSTANCE_ID))).at(-1);
    expect(result).toEqual({
      outcome: 'accepted',
      instanceId: INSTANCE_ID,
      upgradeId: stored?.metadata.$correlationId,
      revision: 1,
      position: stored?.position,
      status: 'pending-pre-upgrade',
    });
    expect(stored?.metadata).toMatchObject({
      service: 'command-api',
      commandFingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
    });
  });

  it('answers a repeated key from the stream, whatever happened since', async () => {
    const { store, service } = await registered();
    const [first] = await store.load(instanceStream(INSTANCE_ID));
    await service.execute(trigger({ key: 'k1' }));

    const again = await service.execute(registration());

    expect(again).toMatchObject({
      ...{ outcome: 'repeated', status: 'running-healthy-claimed' },
      ...{ revision: 0, position: first?.position },
    });
    expect(await typesIn(store)).toEqual(['InstanceRegistered', 'UpgradeRequested']);
  });

  it('stores one event for fifty repeats at once and answers them alike', async () => {
    const { store, service } = await registered();

    const results = await Promise.all(
      Array.from({ length: 50 }, () => service.execute(trigger({ key: 'same' }))),
    );

    const answers = results.map(({ outcome: _outcome, position, ...rest }) => ({
      ...rest,
      position: position.toString(),
    }));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await typesIn(store)).toEqual(['InstanceRegistered', 'UpgradeRequested']);
  });

  it('files what is said of an upgrade under that upgrade', async () => {
    const { store, service } = await registered();
    const { upgradeId } = await service.execute(trigger());

    const result = await service.execute(cancel());

    const stored = await store.load(instanceStream(INSTANCE_ID));
    expect(result).toMatchObject({ upgradeId, outcome: 'accepted' });
    expect(stored.slice(1).map(({ type, metadata }) => [type, metadata.$correlationId])).toEqual([
      ['UpgradeRequested', upgradeId],
      ['UpgradeCancelRequested', upgradeId],
      ['UpgradeCancelled', upgradeId],
    ]);
  });

  it('cancels once, under however many keys', async () => {
    const { store, service } = await registered();
    await service.execute(trigger());

    const first = await service.execute(cancel({ key: 'c1' }));
    const again = await service.execute(cancel({ key: 'c1' }));
    const other = await service.execute(cancel({ key: 'c2', reason: 'other words' }));

    expect(again).toEqual({ ...first, outcome: 'repeated' });
    expect(other).toMatchObject({
      ...{ outcome: 'unchanged', status: first.status },
      ...{ upgradeId: first.upgradeId, revision: 4 },
    });
    expect((await typesIn(store)).slice(3)).toEqual(['UpgradeCancelled', 'CommandNoted']);
  });

  it.each([
    ['other content', trigger({ key: 'k1', reason: 'another' })],
    ['another command', { ...registration(), caller: trigger({ key: 'k1' }).caller }],
  ])('refuses a key that stands for %s', async (_what, request) => {
    const { store, service } = await registered();
    await service.execute(trigger({ key: 'k1' }));

    await expect(service.execute(request)).rejects.toMatchObject(
      refusedWith('idempotency-key-reused'),
    );
    expect(await typesIn(store)).toHaveLength(2);
  });

  it('lets the same key stand for another command on another instance', async () => {
    const { service } = await registered();
    const other = registration({ instanceId: '22222222-2222-4222-8222-222222222222' });

    await expect(service.execute(other)).resolves.toMatchObject({ outcome: 'accepted' });
  });

  it('answers from the present state when the effect holds already, and notes the key', async () => {
    const { store, service } = await registered();

    const result = await service.execute(registration({ key: 'another' }));

    const [, note] = await store.load(instanceStream(INSTANCE_ID));
    expect(result).toMatchObject({ outcome: 'unchanged', revision: 1, position: note?.position });
    expect(note).toMatchObject({
      type: 'CommandNoted',
      data: { command: 'RegisterInstance' },
      metadata: { commandFingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown },
    });
  });

  it.each([
    ['the health that is known', [report('k0', SICK)], report('k1', SICK), [report('k2', WELL)]],
    ['a registration', [], registration({ key: 'k1' }), [report('k2', SICK)]],
    ['a cancel', [trigger(), cancel({ key: 'k0' })], cancel({ key: 'k1' }), [report('k2', SICK)]],
  ])(
    'gives %s the same answer for ever, and does nothing, although it held at first',
    async (_what, before, request, after) => {
      const { store, service } = await registered();
      for (const each of before) await service.execute(each);
      const first = await service.execute(request);
      for (const each of after) await service.execute(each);
      const types = await typesIn(store);

      const again = await service.execute(request);

      expect(first.outcome).toBe('unchanged');
      expect(again).toEqual({ ...first, outcome: 'repeated' });
      expect(await typesIn(store)).toEqual(types);
    },
  );

  it('refuses the key of a note for other content', async () => {
    const { service } = await registered();
    await service.execute(report('k1', WELL));

    await expect(service.execute(report('k1', SICK))).rejects.toMatchObject(
      refusedWith('idempotency-key-reused'),
    );
  });

  it('notes one command once, however often it is sent at once', async () => {
    const { store, service } = await registered();

    const results = await Promise.all(
      Array.from({ length: 20 }, () => service.execute(report('k1', WELL))),
    );

    expect(new Set(results.map(({ revision }) => revision))).toEqual(new Set([1]));
    expect(await typesIn(store)).toEqual(['InstanceRegistered', 'CommandNoted']);
  });

  it('notes nothing for a caller who sent no key', async () => {
    const { store, service } = await registered();
    const request = report('made here', WELL);

    const caller = { ...request.caller, isKeyless: true } as const;
    const result = await service.execute({ ...request, caller });

    expect(result).toMatchObject({ outcome: 'unchanged', revision: 0 });
    expect(await typesIn(store)).toHaveLength(1);
  });

  it('looks for no earlier command of a caller who sent no key', async () => {
    const store = new FaultyEventStore();
    const { service } = commandServiceOn(store, undefined, {
      snapshotEvery: 2,
      commandsPerPage: 2,
    });
    await service.execute(registration());
    for (let n = 0; n < 20; n += 1) await service.execute(report(`k${n}`, n % 2 ? WELL : SICK));
    store.loads = 0;
    await service.execute(report('another', SICK));
    expect(store.loads).toBeGreaterThan(5);

    store.loads = 0;
    const request = report('made here', WELL);
    await service.execute({ ...request, caller: { ...request.caller, isKeyless: true } });

    expect(store.loads).toBe(1);
  });

  it('notes so many in a row and no more, until something happens', async () => {
    const { store, service } = await registered();
    for (let n = 0; n < MOST_NOTES_IN_A_ROW; n += 1) await service.execute(report(`k${n}`, WELL));

    await expect(service.execute(report('more', WELL))).rejects.toMatchObject(
      refusedWith('repeated-too-often'),
    );
    await expect(service.execute(report('k0', WELL))).resolves.toMatchObject({
      outcome: 'repeated',
      revision: 1,
    });
    expect(await typesIn(store)).toHaveLength(1 + MOST_NOTES_IN_A_ROW);
    await service.execute(report('ill', SICK));
    await service.execute(report('well', WELL));
    await expect(service.execute(report('more', WELL))).resolves.toMatchObject({
      outcome: 'unchanged',
    });
  });

  it('refuses a command made for another revision, but not its repeat', async () => {
    const { service } = await registered();
    const request = trigger({ key: 'k1', ifRevision: 0 });

    await expect(service.execute(trigger({ key: 'k0', ifRevision: 7 }))).rejects.toMatchObject(
      refusedWith('precondition-failed'),
    );
    await expect(service.execute(request)).resolves.toMatchObject({ outcome: 'accepted' });
    await expect(service.execute(request)).resolves.toMatchObject({ outcome: 'repeated' });
  });

  it('decides again after a conflict', async () => {
    const store = new ConflictingStore(2);
    const { service } = commandServiceOn(store);

    await expect(service.execute(registration())).resolves.toMatchObject({ outcome: 'accepted' });
  });

  it('gives up after three conflicts and appends nothing', async () => {
    const store = new ConflictingStore(3);

    await expect(commandServiceOn(store).service.execute(registration())).rejects.toMatchObject(
      refusedWith('revision-conflict'),
    );
    expect(await store.lastPosition()).toBeNull();
  });

  it('passes an unknown outcome on, and finds what was stored on the repeat', async () => {
    const store = new ForgetfulStore();
    const { service } = commandServiceOn(store);

    await expect(service.execute(registration())).rejects.toMatchObject({
      ...refusedWith('event-store-unavailable'),
      cause: expect.any(EventStoreUnavailableError) as unknown,
    });
    await expect(service.execute(registration())).resolves.toMatchObject({
      outcome: 'repeated',
      revision: 0,
    });
  });

  it('stores nothing for a refused command', async () => {
    const { store, service } = await registered();
    const stranger = trigger({ key: 'k', instanceId: '33333333-3333-4333-8333-333333333333' });

    await expect(service.execute(stranger)).rejects.toMatchObject({
      ...refusedWith('instance-unknown'),
      cause: expect.any(DomainError) as unknown,
    });
    await expect(service.execute(stranger)).rejects.toBeInstanceOf(ProblemError);
    expect(await typesIn(store)).toHaveLength(1);
  });

  it('refuses in a problem document that names rule, present status and what would be allowed', async () => {
    const { service } = commandServiceOn(new InMemoryEventStore());
    await service.execute(registration());
    await service.execute(trigger({ key: 'k1' }));

    await expect(service.execute(trigger({ key: 'k2' }))).rejects.toMatchObject({
      problem: {
        type: '/problems#upgrade-in-flight',
        status: 409,
        instanceId: INSTANCE_ID,
        currentStatus: 'pending-pre-upgrade',
        allowedFrom: ['running-healthy-claimed', 'running-healthy-unclaimed'],
      },
    });
  });

  it('names what holds the instance up, and which commands are allowed instead', async () => {
    const { store, service } = await registered();
    await service.execute(trigger({ key: 'k1' }));

    const refused: unknown = await service
      .execute(trigger({ key: 'k2' }))
      .catch((error: unknown) => error);

    const { problem } = refused as ProblemError;
    const newest = (await store.load(instanceStream(INSTANCE_ID))).at(-1);
    expect(problem.waitingFor).toMatchObject({
      sentence: expect.stringContaining('pre-upgrade') as unknown,
      since: newest?.recordedAt,
    });
    const verdicts = new Map(problem.allowedCommands?.map((each) => [each.command, each]));
    expect([...verdicts.keys()]).toEqual(OPERATOR_COMMANDS);
    expect(verdicts.get('CancelUpgrade')).toMatchObject({ allowed: true });
    expect(verdicts.get('RetryUpgrade')).toMatchObject({
      allowed: false,
      code: 'upgrade-in-flight',
    });
  });

  it('names no commands of an instance that nobody registered', async () => {
    const { service } = commandServiceOn(new InMemoryEventStore());

    const refused: unknown = await service.execute(trigger()).catch((error: unknown) => error);

    expect((refused as ProblemError).problem).not.toHaveProperty('allowedCommands');
  });

  it('says 503 and "unknown" when the store does not answer', async () => {
    const { service, metrics } = commandServiceOn(new DeafStore());

    await expect(service.execute(registration())).rejects.toMatchObject({
      problem: { status: 503, code: 'event-store-unavailable', retryable: true },
    });
    const { body } = await metrics.render();
    expect(body).toContain(
      'uplift_commands_total{command="RegisterInstance",transport="http",outcome="unknown"} 1',
    );
  });

  it('counts by command, transport and outcome', async () => {
    const { service, metrics } = commandServiceOn(new InMemoryEventStore());
    await service.execute(registration());
    await service.execute(registration());

    const { body } = await metrics.render();
    const counted = (outcome: string) =>
      `uplift_commands_total{command="RegisterInstance",transport="http",outcome="${outcome}"} 1`;
    expect(body).toContain(counted('accepted'));
    expect(body).toContain(counted('repeated'));
    expect(body).toContain('uplift_command_duration_seconds_count');
  });
});

class ConflictingStore extends InMemoryEventStore {
  constructor(private left: number) {
    super();
  }

  override append(
    stream: string,
    after: StreamHead,
    events: Parameters<InMemoryEventStore['append']>[2],
  ) {
    this.left -= 1;
    if (this.left >= 0) return Promise.reject(new RevisionConflictError(stream, after.revision));
    return super.append(stream, after, events);
  }
}

/** Stores, then loses the answer, once. */
class ForgetfulStore extends InMemoryEventStore {
  private forgot = false;

  override async append(...append: Parameters<InMemoryEventStore['append']>) {
    const appended = await super.append(...append);
    if (this.forgot || !isInstanceStream(append[0])) return appended;
    this.forgot = true;
    throw new EventStoreUnavailableError('no answer in time');
  }
}

class DeafStore extends InMemoryEventStore {
  override append(): Promise<never> {
    return Promise.reject(new EventStoreUnavailableError('no answer in time'));
  }
}
