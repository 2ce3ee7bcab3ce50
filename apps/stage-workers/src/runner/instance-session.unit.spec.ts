import { StageFixture } from '../testing/stage-fixture';

const startOf = ({ order: { upgradeId, attempt } }: StageFixture) => ({
  type: 'StartPreUpgrade' as const,
  data: { upgradeId, attempt, worker: 'w' },
});
const startedBy = (fixture: StageFixture, worker: string) => ({
  type: 'PreUpgradeStarted' as const,
  data: { ...startOf(fixture).data, worker },
});

describe('the session of one instance', () => {
  it('appends right after its message with one read of the last event', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const session = await fixture.session();
    expect(await session.submit(startOf(fixture))).toBe('appended');
    expect(session.isIn('pre-upgrade-running')).toBe(true);
    expect([fixture.store.looks, fixture.store.loads]).toEqual([1, 0]);
    expect(await fixture.appended()).toEqual([startedBy(fixture, 'w')]);
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
    const session = await fixture.session();
    await fixture.append({ type: 'PreUpgradeFailed', data: failure });
    expect(await fixture.opened(fixture.openingEvent)).toBeNull();
    expect(await session.submit(startOf(fixture))).toBe('not-due');
    expect(session.isIn('pending-pre-upgrade')).toBe(false);
    expect(await fixture.types()).toEqual(['PreUpgradeFailed']);
  });

  it('does nothing for an attempt that was followed by another', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const { upgradeId } = fixture.order;
    const failure = { upgradeId, attempt: 1, reason: 'x', evidence: {}, retryable: true };
    const session = await fixture.session();
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
    expect(await fixture.opened(fixture.openingEvent)).toBeNull();
    expect(await session.submit(startOf(fixture))).toBe('not-due');
    expect(session.isIn('pending-pre-upgrade')).toBe(false);
  });

  it.each([
    ['is of another kind', { type: 'HealthReported', data: { status: 'running-unhealthy' } }],
    ['carries no work order', { data: {} }],
    ['carries half a work order', { data: { workOrder: { upgradeId: 'u' } } }],
  ])('is refused for an event of the store that %s', async (_words, change) => {
    const fixture = await StageFixture.at('InstanceRegistered');
    const { id: _id, revision, type: _type, metadata } = fixture.openingEvent;
    const event = { type: 'UpgradeRequested', ...change, metadata, id: fixture.randomness.uuid() };
    const { hash } = metadata;
    await fixture.store.append(fixture.openingEvent.stream, { revision, hash }, [event]);
    await fixture.openWithNewest();
    const run = () => Promise.reject(new TypeError('nothing of it may begin'));
    expect(await fixture.handle({ stage: 'pre-upgrade', run })).toEqual({ kind: 'rejected' });
    expect(await fixture.types()).toEqual([]);
  });
});
