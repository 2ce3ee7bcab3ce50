import { instanceStream } from '@uplift/contracts';
import type { StoredEvent } from '@uplift/contracts';
import { verifyChain } from '@uplift/event-store';
import { StageFixture } from '../testing/stage-fixture';
import { MessageNotInStoreError } from './held-message';
import type { StageHandler } from './stage-handler.port';

const startOf = ({ order: { upgradeId, attempt } }: StageFixture) => ({
  type: 'StartPreUpgrade' as const,
  data: { upgradeId, attempt, worker: 'w' },
});

/** Begins whatever it is handed, as a stage without any doubt would. */
const starting: StageHandler = {
  stage: 'pre-upgrade',
  run: async ({ session }) => {
    const data = { ...session.attempt, worker: 'w' };
    await session.submit({ type: 'StartPreUpgrade', data });
  },
};

const newestOf = async ({ store, instanceId }: StageFixture) => {
  const newest = await store.lastOf(instanceStream(instanceId));
  if (newest === null) throw new TypeError('the instance has no event');
  return newest;
};

/** An event with another time than the store has; this process has appended it, and another handling read it since. */
async function readMeanwhile() {
  const fixture = await StageFixture.at('PostUpgradeCompleted');
  const stored = await newestOf(fixture);
  fixture.worker.ends.remember(stored);
  return { fixture, event: { ...stored, recordedAt: '2026-03-01T09:59:59.000Z' } };
}

const verdictOn = async ({ store, instanceId }: StageFixture) =>
  verifyChain(await store.load(instanceStream(instanceId)));

const countOf = async (fixture: StageFixture, reason: string) => {
  const { body } = await fixture.metrics.render();
  return body.includes(`uplift_messages_set_aside_total{reason="${reason}"} 1`);
};

describe('a message of the bus', () => {
  it('is read no more where this process appended its event itself', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const session = await fixture.session();
    await session.submit(startOf(fixture));
    const located = { projectId: 1, environmentId: 2, route: null };
    const data = { ...session.attempt, located, checks: [], task: null };
    await session.submit({ type: 'CompletePreUpgrade', data });
    const pending = await newestOf(fixture);
    const asked = fixture.store.looks;
    const next = await fixture.opened(pending);
    const worker = { ...session.attempt, worker: 'w', bulkId: null };
    expect(await next?.submit({ type: 'StartUpgrade', data: worker })).toBe('appended');
    expect([fixture.store.looks, fixture.store.loads]).toEqual([asked, 0]);
    const again = await fixture.opened(pending, { isNew: false });
    expect(again?.isIn('upgrade-running')).toBe(true);
    expect(fixture.store.loads).toBe(1);
  });

  it('is read when it comes a second time, whoever appended its event', async () => {
    const fixture = await StageFixture.at('PostUpgradeStarted');
    const session = await fixture.opened(fixture.openingEvent);
    await session?.submit({
      type: 'CompletePostUpgrade',
      data: { ...session.attempt, task: null },
    });
    const completed = await newestOf(fixture);
    const asked = fixture.store.looks;
    await fixture.opened(completed);
    expect(fixture.store.looks).toBe(asked);
    await fixture.opened(completed);
    expect(fixture.store.looks).toBe(asked + 1);
  });

  it('that was handed over ahead of the bus has the time of this machine', async () => {
    const { fixture, event } = await readMeanwhile();
    const session = await fixture.opened(event, { isAhead: true });
    expect(session?.isIn('post-upgrade-completed')).toBe(true);
  });

  it('that came over the bus has the time of the store', async () => {
    const { fixture, event } = await readMeanwhile();
    await expect(fixture.opened(event)).rejects.toThrow(MessageNotInStoreError);
  });

  it('of another filling of the bus is read, whoever appended its event', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    const idle: StageHandler = { stage: 'poll-upgrade', run: () => Promise.resolve() };
    await fixture.handle(idle);
    fixture.worker.ends.remember(fixture.openingEvent, true);
    fixture.store.looks = 0;
    await fixture.handle(idle);
    expect(fixture.store.looks).toBe(0);
    fixture.worker.ends.remember(fixture.openingEvent, true);
    fixture.epoch = 'e2';
    await fixture.handle(idle);
    expect(fixture.store.looks).toBe(1);
  });

  it('is worth nothing more once its attempt is over: one read of the last event', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    const { upgradeId, attempt } = fixture.order;
    const healthy = { status: 'running-healthy-claimed', probes: [] } as const;
    const end = { upgradeId, attempt, ...healthy };
    await fixture.append({ type: 'InstanceVerifiedHealthy', data: end });
    fixture.store.loads = 0;
    expect(await fixture.opened(fixture.openingEvent)).toBeNull();
    expect([fixture.store.looks, fixture.store.loads]).toEqual([1, 0]);
  });

  it('is of the past once another attempt goes on', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const { upgradeId, attempt } = fixture.order;
    const failure = { upgradeId, attempt, reason: 'x', evidence: {}, retryable: true };
    const workOrder = { ...fixture.order, attempt: 2 };
    const again = { workOrder, requestedBy: 'o', reason: 'again', fromStage: 'pre-upgrade' };
    await fixture.append(
      { type: 'PreUpgradeFailed', data: failure },
      { type: 'UpgradeRetried', data: { ...again, fromStage: 'pre-upgrade' } },
    );
    expect(await fixture.opened(fixture.openingEvent)).toBeNull();
  });

  it('is read together with its stream where others went on with the same attempt', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    const { upgradeId, attempt } = fixture.order;
    const data = { upgradeId, attempt, status: 'running-healthy-claimed' } as const;
    await fixture.append({ type: 'HealthEvidenceRecorded', data });
    const session = await fixture.session();
    expect(session.upgrading?.notes.reportedHealth).toBe('running-healthy-claimed');
    expect(session.isIn('post-upgrade-completed')).toBe(true);
  });

  it('that copies an event of this very process, but for what it says, is set aside', async () => {
    const fixture = await StageFixture.at('PostUpgradeStarted');
    const complete = async () => {
      const session = await fixture.opened(fixture.openingEvent);
      const data = { upgradeId: fixture.order.upgradeId, attempt: 1, task: null };
      await session?.submit({ type: 'CompletePostUpgrade', data });
      return newestOf(fixture);
    };
    const event = await complete();
    const { data, recordedAt } = event;
    const forged = [
      { data: { ...data, task: { taskId: 1, taskName: 'rm' } } },
      { type: 'DeploymentCancelled' },
      { position: event.position + 1n },
      { recordedAt: new Date(Date.parse(recordedAt) + 61_000).toISOString() },
    ];
    for (const change of forged) {
      fixture.worker.ends.remember(event, true);
      const opened = fixture.opened({ ...event, ...change });
      await expect(opened).rejects.toMatchObject({ code: 'message-not-in-store' });
    }
    fixture.worker.ends.remember({ ...event, recordedAt: '2026-06-01T00:00:01.000Z' }, true);
    const asked = fixture.store.looks;
    expect((await fixture.opened(event))?.message).toEqual(event);
    expect(fixture.store.looks).toBe(asked);
  });
});

describe('a message that the store knows nothing of', () => {
  const ZEROS = '0'.repeat(64);
  const ELSEWHERE = '11111111-1111-4111-8111-111111111111';
  const withHash = ({ metadata }: StoredEvent) => ({ metadata: { ...metadata, hash: ZEROS } });
  type Forgery = (event: StoredEvent) => Partial<StoredEvent>;
  /** What may still come to be is looked for seven times. */
  const forged: readonly [string, number, Forgery][] = [
    ['with a hash of its own', 1, withHash],
    ['with an id of its own', 1, () => ({ id: ELSEWHERE })],
    ['with another content', 1, ({ data }) => ({ data: { ...data, reason: 'other' } })],
    ['with another time', 1, () => ({ recordedAt: '2099-01-01T00:00:00.000Z' })],
    ['with another type', 1, () => ({ type: 'UpgradePending' })],
    ['with another place', 1, ({ position }) => ({ position: position + 100n })],
    ['of a type that no build knows', 1, (event) => ({ ...withHash(event), type: 'Blessed' })],
    ['about no instance', 1, ({ stream }) => ({ stream: stream.replace('instance', 'rollout') })],
    ['about another instance', 7, () => ({ stream: instanceStream(ELSEWHERE) })],
    ['about the end of a longer stream', 7, ({ revision }) => ({ revision: revision + 5 })],
  ];

  it.each(forged)('%s is set aside, and nothing is appended', async (_words, looks, change) => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const message = { ...fixture.openingEvent, ...change(fixture.openingEvent) };
    const handed = (count: number) =>
      fixture.runner.handle(starting, fixture.delivery(count, message));
    for (let count = 1; count < looks; count += 1) {
      expect(await handed(count)).toMatchObject({ kind: 'retry' });
    }
    expect(await handed(looks)).toEqual({ kind: 'rejected' });
    expect(await fixture.types()).toEqual([]);
    expect(await verdictOn(fixture)).toMatchObject({ valid: true });
  });

  it('that asks for an upgrade at the right place starts none', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const healthy = { ...fixture.order, status: 'running-healthy-claimed', probes: [] } as const;
    const { upgradeId, attempt } = fixture.order;
    await fixture.append(
      {
        type: 'PreUpgradeFailed',
        data: { upgradeId, attempt, reason: 'x', evidence: {}, retryable: true },
      },
      {
        type: 'UpgradeAbandoned',
        data: { workOrder: fixture.order, requestedBy: 'o', reason: 'r' },
      },
      {
        type: 'InstanceVerifiedHealthy',
        data: { upgradeId, attempt, status: healthy.status, probes: [] },
      },
    );
    const { revision, metadata } = await newestOf(fixture);
    const message = {
      ...fixture.openingEvent,
      id: fixture.randomness.uuid(),
      revision,
      metadata: { ...metadata, hash: '0'.repeat(64) },
    };
    const outcome = await fixture.runner.handle(starting, fixture.delivery(1, message));
    expect(outcome).toEqual({ kind: 'rejected' });
    expect((await newestOf(fixture)).revision).toBe(revision);
    expect(await verdictOn(fixture)).toMatchObject({ valid: true });
    expect(await countOf(fixture, 'message-not-in-store')).toBe(true);
  });
});
