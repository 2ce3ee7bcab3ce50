import { StageScene } from '../testing/stage-scene';

const startOf = ({ order: { upgradeId, attempt } }: StageScene) => ({
  type: 'StartPreUpgrade' as const,
  data: { upgradeId, attempt, worker: 'w' },
});
const startedBy = (scene: StageScene, worker: string) => ({
  type: 'PreUpgradeStarted' as const,
  data: { ...startOf(scene).data, worker },
});

describe('the cursor of one instance', () => {
  it('appends right after its message without reading the stream', async () => {
    const scene = await StageScene.at('UpgradeRequested');
    const cursor = await scene.cursor();
    expect(await cursor.submit(startOf(scene))).toBe('appended');
    expect(cursor.isIn('pre-upgrade-running')).toBe(true);
    expect(scene.store.loads).toBe(0);
    expect(await scene.appended()).toEqual([startedBy(scene, 'w')]);
  });

  it('continues the causation, correlation and trace of its message', async () => {
    const scene = await StageScene.at('UpgradeRequested');
    await (await scene.cursor()).submit(startOf(scene));
    const { events } = await scene.history.load(scene.instanceId);
    expect(events.at(-1)?.metadata).toMatchObject({
      $causationId: scene.openingEvent.id,
      $correlationId: scene.order.upgradeId,
      service: 'stage-workers',
    });
  });

  it('reads the stream and decides again when somebody else was first', async () => {
    const scene = await StageScene.at('UpgradeRequested');
    await scene.append(startedBy(scene, 'other'));
    const cursor = await scene.cursor();
    expect(await cursor.submit(startOf(scene))).toBe('not-due');
    expect(cursor.isIn('pre-upgrade-running')).toBe(true);
    expect(await scene.appended()).toEqual([startedBy(scene, 'other')]);
  });

  it('lets one of two handlings of the same message win', async () => {
    const scene = await StageScene.at('UpgradeRequested');
    const both = [await scene.cursor(), await scene.cursor()].map((cursor) =>
      cursor.submit(startOf(scene)),
    );
    expect((await Promise.all(both)).sort()).toEqual(['appended', 'not-due']);
    expect(await scene.types()).toEqual(['PreUpgradeStarted']);
  });

  it('finds an append of unknown outcome by its id', async () => {
    const scene = await StageScene.at('UpgradeRequested');
    scene.store.faults.push('stored');
    expect(await (await scene.cursor()).submit(startOf(scene))).toBe('appended');
    expect(await scene.types()).toEqual(['PreUpgradeStarted']);
  });

  it('repeats an append that surely did not land', async () => {
    const scene = await StageScene.at('UpgradeRequested');
    scene.store.faults.push('lost', 'lost', 'stored');
    expect(await (await scene.cursor()).submit(startOf(scene))).toBe('appended');
    expect(await scene.types()).toEqual(['PreUpgradeStarted']);
  });

  it('gives up after five tries', async () => {
    const scene = await StageScene.at('UpgradeRequested');
    scene.store.faults.push('lost', 'lost', 'lost', 'lost', 'lost');
    await expect((await scene.cursor()).submit(startOf(scene))).rejects.toThrow('no answer');
    expect(await scene.types()).toEqual([]);
  });

  it('does nothing for an attempt that is over', async () => {
    const scene = await StageScene.at('UpgradeRequested');
    const { upgradeId, attempt } = scene.order;
    const failure = { upgradeId, attempt, reason: 'x', evidence: {}, retryable: true };
    await scene.append({ type: 'PreUpgradeFailed', data: failure });
    const cursor = await scene.cursor();
    expect(await cursor.submit(startOf(scene))).toBe('not-due');
    expect(cursor.isIn('pending-pre-upgrade')).toBe(false);
    expect(await scene.types()).toEqual(['PreUpgradeFailed']);
  });

  it('does nothing for an attempt that was followed by another', async () => {
    const scene = await StageScene.at('UpgradeRequested');
    const { upgradeId } = scene.order;
    const failure = { upgradeId, attempt: 1, reason: 'x', evidence: {}, retryable: true };
    await scene.append(
      { type: 'PreUpgradeFailed', data: failure },
      {
        type: 'UpgradeRetried',
        data: {
          workOrder: { ...scene.order, attempt: 2 },
          requestedBy: 'operator-7',
          reason: 'again',
          fromStage: 'pre-upgrade',
        },
      },
    );
    const cursor = await scene.cursor();
    expect(await cursor.submit(startOf(scene))).toBe('not-due');
    expect(cursor.isIn('pending-pre-upgrade')).toBe(false);
  });

  it.each([
    ['is of another kind', { type: 'HealthReported', data: { status: 'running-unhealthy' } }],
    ['carries no work order', { data: {} }],
    ['carries half a work order', { data: { workOrder: { upgradeId: 'u' } } }],
  ])('is refused for an event that %s', async (_words, change) => {
    const scene = await StageScene.at('UpgradeRequested');
    const outcome = scene.runner.handle(
      { stage: 'pre-upgrade', run: () => Promise.resolve() },
      scene.delivery(1, { ...scene.openingEvent, ...change }),
    );
    expect(await outcome).toEqual({ kind: 'rejected' });
  });
});
