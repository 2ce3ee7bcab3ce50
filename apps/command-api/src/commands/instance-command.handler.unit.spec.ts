import { instanceStream } from '@uplift/contracts';
import type { StreamHead } from '@uplift/event-store';
import {
  EventStoreUnavailableError,
  InstanceHistory,
  RevisionConflictError,
} from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { ProblemError } from '@uplift/contracts';
import { cancel, INSTANCE_ID, registration, trigger } from '../testing/command-requests';
import { InstanceCommandHandler } from './instance-command.handler';

const handlerOn = (store: InMemoryEventStore) =>
  new InstanceCommandHandler(new InstanceHistory(store, 'command-api'));

const typesIn = async (store: InMemoryEventStore) =>
  (await store.load(instanceStream(INSTANCE_ID))).map(({ type }) => type);

async function registered() {
  const store = new InMemoryEventStore();
  const handler = handlerOn(store);
  await handler.handle(registration());
  return { store, handler };
}

const refusedWith = (code: string) => ({ problem: expect.objectContaining({ code }) as unknown });

describe('InstanceCommandHandler', () => {
  it('appends what was decided and says where it is', async () => {
    const { store, handler } = await registered();

    const result = await handler.handle(trigger({ key: 'k1' }));

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
    const { store, handler } = await registered();
    const { outcome: _first, ...answer } = await handler.handle(registration({ key: 'first' }));
    await handler.handle(trigger({ key: 'k1' }));

    const again = await handler.handle(registration());

    expect(again).toEqual({ ...answer, outcome: 'repeated' });
    expect(await typesIn(store)).toEqual(['InstanceRegistered', 'UpgradeRequested']);
  });

  it('stores one event for fifty repeats at once and answers them alike', async () => {
    const { store, handler } = await registered();

    const results = await Promise.all(
      Array.from({ length: 50 }, () => handler.handle(trigger({ key: 'same' }))),
    );

    const answers = results.map(({ outcome: _outcome, position, ...rest }) => ({
      ...rest,
      position: position.toString(),
    }));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await typesIn(store)).toEqual(['InstanceRegistered', 'UpgradeRequested']);
  });

  it('files what is said of an upgrade under that upgrade', async () => {
    const { store, handler } = await registered();
    const { upgradeId } = await handler.handle(trigger());

    const result = await handler.handle(cancel());

    const stored = await store.load(instanceStream(INSTANCE_ID));
    expect(result).toMatchObject({ upgradeId, outcome: 'accepted' });
    expect(stored.slice(1).map(({ type, metadata }) => [type, metadata.$correlationId])).toEqual([
      ['UpgradeRequested', upgradeId],
      ['UpgradeCancelRequested', upgradeId],
      ['UpgradeCancelled', upgradeId],
    ]);
  });

  it('cancels once, under however many keys', async () => {
    const { store, handler } = await registered();
    await handler.handle(trigger());

    const first = await handler.handle(cancel({ key: 'c1' }));
    const again = await handler.handle(cancel({ key: 'c1' }));
    const other = await handler.handle(cancel({ key: 'c2', reason: 'other words' }));

    expect(again).toEqual({ ...first, outcome: 'repeated' });
    expect(other).toEqual({ ...first, outcome: 'unchanged' });
    expect(await typesIn(store)).toHaveLength(4);
  });

  it.each([
    ['other content', trigger({ key: 'k1', reason: 'another' })],
    ['another command', { ...registration(), caller: trigger({ key: 'k1' }).caller }],
  ])('refuses a key that stands for %s', async (_what, request) => {
    const { store, handler } = await registered();
    await handler.handle(trigger({ key: 'k1' }));

    await expect(handler.handle(request)).rejects.toMatchObject(
      refusedWith('idempotency-key-reused'),
    );
    expect(await typesIn(store)).toHaveLength(2);
  });

  it('lets the same key stand for another command on another instance', async () => {
    const { handler } = await registered();
    const other = registration({ instanceId: '22222222-2222-4222-8222-222222222222' });

    await expect(handler.handle(other)).resolves.toMatchObject({ outcome: 'accepted' });
  });

  it('answers from the present state when the effect holds already', async () => {
    const { store, handler } = await registered();

    const result = await handler.handle(registration({ key: 'another' }));

    expect(result).toMatchObject({ outcome: 'unchanged', revision: 0 });
    expect(await typesIn(store)).toHaveLength(1);
  });

  it('refuses a command made for another revision, but not its repeat', async () => {
    const { handler } = await registered();
    const request = trigger({ key: 'k1', ifRevision: 0 });

    await expect(handler.handle(trigger({ key: 'k0', ifRevision: 7 }))).rejects.toMatchObject(
      refusedWith('precondition-failed'),
    );
    await expect(handler.handle(request)).resolves.toMatchObject({ outcome: 'accepted' });
    await expect(handler.handle(request)).resolves.toMatchObject({ outcome: 'repeated' });
  });

  it('decides again after a conflict', async () => {
    const store = new ConflictingStore(2);
    const handler = handlerOn(store);

    await expect(handler.handle(registration())).resolves.toMatchObject({ outcome: 'accepted' });
  });

  it('gives up after three conflicts and appends nothing', async () => {
    const store = new ConflictingStore(3);

    await expect(handlerOn(store).handle(registration())).rejects.toMatchObject(
      refusedWith('revision-conflict'),
    );
    expect(await store.lastPosition()).toBeNull();
  });

  it('passes an unknown outcome on, and finds what was stored on the repeat', async () => {
    const store = new ForgetfulStore();
    const handler = handlerOn(store);

    await expect(handler.handle(registration())).rejects.toBeInstanceOf(EventStoreUnavailableError);
    await expect(handler.handle(registration())).resolves.toMatchObject({
      outcome: 'repeated',
      revision: 0,
    });
  });

  it('stores nothing for a refused command', async () => {
    const { store, handler } = await registered();
    const stranger = trigger({ key: 'k', instanceId: '33333333-3333-4333-8333-333333333333' });

    await expect(handler.handle(stranger)).rejects.toMatchObject({ code: 'instance-unknown' });
    await expect(handler.handle(stranger)).rejects.not.toBeInstanceOf(ProblemError);
    expect(await typesIn(store)).toHaveLength(1);
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
    if (this.forgot) return appended;
    this.forgot = true;
    throw new EventStoreUnavailableError('no answer in time');
  }
}
