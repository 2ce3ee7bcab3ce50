import { StageFixture } from '../testing/stage-fixture';
import { InstanceSession } from './instance-session';

const startOf = ({ order: { upgradeId, attempt } }: StageFixture) => ({
  type: 'StartPreUpgrade' as const,
  data: { upgradeId, attempt, worker: 'w' },
});
const startedBy = (fixture: StageFixture, worker: string) => ({
  type: 'PreUpgradeStarted' as const,
  data: { ...startOf(fixture).data, worker },
});

describe('the session of one instance', () => {
  it('appends right after its message without reading the stream', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const session = await fixture.session();
    expect(await session.submit(startOf(fixture))).toBe('appended');
    expect(session.isIn('pre-upgrade-running')).toBe(true);
    expect(fixture.store.loads).toBe(0);
    expect(await fixture.appended()).toEqual([startedBy(fixture, 'w')]);
  });

  describe('held against its stream', () => {
    const LATER = {
      type: 'HealthEvidenceRecorded',
      data: { status: 'running-healthy-claimed' },
    } as const;

    it('goes on from the message with one read of the end', async () => {
      const fixture = await StageFixture.at('PostUpgradeCompleted');
      const session = await fixture.session();
      await session.holdAgainstStream();
      await session.holdAgainstStream();
      expect(fixture.store.loads).toBe(1);
      expect(session.isIn('post-upgrade-completed')).toBe(true);
    });

    it('reads nothing when the append that came first was its proof', async () => {
      const fixture = await StageFixture.at('UpgradeRequested');
      const session = await fixture.session();
      await session.submit(startOf(fixture));
      await session.holdAgainstStream();
      expect(fixture.store.loads).toBe(0);
    });

    it('knows what became of the instance since', async () => {
      const fixture = await StageFixture.at('PostUpgradeCompleted');
      const { upgradeId, attempt } = fixture.order;
      await fixture.append({ ...LATER, data: { upgradeId, attempt, ...LATER.data } });
      const during = await fixture.session();
      await during.holdAgainstStream();
      expect(during.upgrading?.notes.reportedHealth).toBe('running-healthy-claimed');
      const healthy = { status: 'running-healthy-claimed', probes: [] } as const;
      await fixture.append({
        type: 'InstanceVerifiedHealthy',
        data: { upgradeId, attempt, ...healthy },
      });
      const after = await fixture.session();
      expect(after.isIn('post-upgrade-completed')).toBe(true);
      await after.holdAgainstStream();
      expect(after.isIn('post-upgrade-completed')).toBe(false);
    });

    it('takes the word of the store where the message differs', async () => {
      const fixture = await StageFixture.at('PostUpgradeCompleted');
      const { openingEvent: event, order } = fixture;
      const workOrder = { ...order, profile: { ...order.profile, core: 'elsewhere' } };
      const forged = { ...event, data: { workOrder, task: null } };
      const session = await InstanceSession.open(fixture.worker, forged, { turn: 't' });
      expect(session.workOrder.profile.core).toBe('elsewhere');
      await session.holdAgainstStream();
      expect(session.workOrder).toMatchObject({ profile: order.profile });
    });

    it('is not taken in by an event that the store does not have', async () => {
      const fixture = await StageFixture.at('PostUpgradeCompleted');
      const { openingEvent: event } = fixture;
      for (const change of [{ revision: event.revision + 1 }, { id: fixture.randomness.uuid() }]) {
        const message = { ...event, ...change };
        const session = await InstanceSession.open(fixture.worker, message, { turn: 't' });
        await session.holdAgainstStream();
        expect(await session.submit(startOf(fixture))).toBe('not-due');
      }
    });
  });

  it('continues the causation, correlation and trace of its message', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    await (await fixture.session()).submit(startOf(fixture));
    const { events } = await fixture.history.load(fixture.instanceId);
    expect(events.at(-1)?.metadata).toMatchObject({
      $causationId: fixture.openingEvent.id,
      $correlationId: fixture.order.upgradeId,
      service: 'stage-workers',
    });
  });

  it('reads the stream and decides again when somebody else was first', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    await fixture.append(startedBy(fixture, 'other'));
    const session = await fixture.session();
    expect(await session.submit(startOf(fixture))).toBe('not-due');
    expect(session.isIn('pre-upgrade-running')).toBe(true);
    expect(await fixture.appended()).toEqual([startedBy(fixture, 'other')]);
  });

  it('lets one of two handlings of the same message win', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const both = [await fixture.session(), await fixture.session()].map((session) =>
      session.submit(startOf(fixture)),
    );
    expect((await Promise.all(both)).sort()).toEqual(['appended', 'not-due']);
    expect(await fixture.types()).toEqual(['PreUpgradeStarted']);
  });

  it('finds an append of unknown outcome by its id', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    fixture.store.faults.push('stored');
    expect(await (await fixture.session()).submit(startOf(fixture))).toBe('appended');
    expect(await fixture.types()).toEqual(['PreUpgradeStarted']);
  });

  it('repeats an append that surely did not land', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    fixture.store.faults.push('lost', 'lost', 'stored');
    expect(await (await fixture.session()).submit(startOf(fixture))).toBe('appended');
    expect(await fixture.types()).toEqual(['PreUpgradeStarted']);
  });

  it('gives up after five tries', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    fixture.store.faults.push('lost', 'lost', 'lost', 'lost', 'lost');
    await expect((await fixture.session()).submit(startOf(fixture))).rejects.toThrow('no answer');
    expect(await fixture.types()).toEqual([]);
  });

  it('does nothing for an attempt that is over', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const { upgradeId, attempt } = fixture.order;
    const failure = { upgradeId, attempt, reason: 'x', evidence: {}, retryable: true };
    await fixture.append({ type: 'PreUpgradeFailed', data: failure });
    const session = await fixture.session();
    expect(await session.submit(startOf(fixture))).toBe('not-due');
    expect(session.isIn('pending-pre-upgrade')).toBe(false);
    expect(await fixture.types()).toEqual(['PreUpgradeFailed']);
  });

  it('does nothing for an attempt that was followed by another', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const { upgradeId } = fixture.order;
    const failure = { upgradeId, attempt: 1, reason: 'x', evidence: {}, retryable: true };
    await fixture.append(
      { type: 'PreUpgradeFailed', data: failure },
      {
        type: 'UpgradeRetried',
        data: {
          workOrder: { ...fixture.order, attempt: 2 },
          requestedBy: 'operator-7',
          reason: 'again',
          fromStage: 'pre-upgrade',
        },
      },
    );
    const session = await fixture.session();
    expect(await session.submit(startOf(fixture))).toBe('not-due');
    expect(session.isIn('pending-pre-upgrade')).toBe(false);
  });

  it.each([
    ['is of another kind', { type: 'HealthReported', data: { status: 'running-unhealthy' } }],
    ['carries no work order', { data: {} }],
    ['carries half a work order', { data: { workOrder: { upgradeId: 'u' } } }],
  ])('is refused for an event that %s', async (_words, change) => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const outcome = fixture.runner.handle(
      { stage: 'pre-upgrade', run: () => Promise.resolve() },
      fixture.delivery(1, { ...fixture.openingEvent, ...change }),
    );
    expect(await outcome).toEqual({ kind: 'rejected' });
  });
});
