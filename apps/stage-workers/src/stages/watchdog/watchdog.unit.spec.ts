import type { InstanceEventType } from '@uplift/domain';
import { InstanceHistory } from '@uplift/event-store';
import { ACTOR, StageScene } from '../../testing/stage-scene';
import { DeadlineBook } from './deadline-book';
import { DeadlineJudge } from './deadline-judge';
import type { DeadlineLimits } from './deadline-limits';
import { StoreClock } from './store-clock';
import { WaitReasons } from './wait-reasons';
import { Watchdog } from './watchdog';

const HOUR = 3_600_000;
const GENEROUS: DeadlineLimits = {
  pending: HOUR,
  step: HOUR,
  call: HOUR,
  queued: HOUR,
  running: HOUR,
  verify: HOUR,
};
const running: Watchdog[] = [];
afterEach(() => running.splice(0).forEach((watchdog) => watchdog.onApplicationShutdown()));

function watch(
  scene: StageScene,
  { limits = {}, wall = Date.now }: { limits?: Partial<DeadlineLimits>; wall?: () => number } = {},
) {
  const errors: unknown[] = [];
  const book = new DeadlineBook({ ...GENEROUS, ...limits });
  const judge = new DeadlineJudge(new InstanceHistory(scene.store, 'stage-workers'), ACTOR);
  let rounds = 0;
  const reasons = new WaitReasons({ limitsOf: () => null });
  const watchdog = new Watchdog(scene.store, { deadlines: book, reasons }, judge, {
    intervalMs: 1,
    onBeat: () => (rounds += 1),
    onError: (error) => errors.push(error),
    clock: new StoreClock(wall),
  });
  running.push(watchdog);
  watchdog.onApplicationBootstrap();
  const passed = async (count: number) => until(() => rounds >= count);
  return { watchdog, book, errors, passed };
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise(setImmediate);
}

const failed = (scene: StageScene) => until(async () => (await scene.types()).length >= 2);

describe('the watchdog', () => {
  it.each<[InstanceEventType, keyof DeadlineLimits, string]>([
    ['UpgradeRequested', 'pending', 'PreUpgradeFailed'],
    ['PreUpgradeStarted', 'step', 'PreUpgradeFailed'],
    ['UpgradePending', 'pending', 'UpgradeFailed'],
    ['DeploymentRequested', 'call', 'UpgradeFailed'],
    ['DeploymentAccepted', 'queued', 'UpgradeFailed'],
    ['PostUpgradePending', 'pending', 'PostUpgradeFailed'],
    ['PostUpgradeStarted', 'step', 'PostUpgradeFailed'],
    ['PostUpgradeCompleted', 'verify', 'InstanceFoundUnresponsive'],
  ])('ends what stalls after %s with reason and evidence', async (opening, limit, ending) => {
    const scene = await StageScene.at(opening);
    watch(scene, { limits: { [limit]: 1 } });
    await failed(scene);
    expect(await scene.appended()).toMatchObject([
      { type: 'StageTimedOut', data: { limitMs: 1 } },
      { type: ending, data: { reason: 'stage-timed-out', evidence: { limitMs: 1 } } },
    ]);
  });

  it('fires once, and forgets the instance', async () => {
    const scene = await StageScene.at('UpgradeRequested');
    const { book, passed } = watch(scene, { limits: { pending: 1 } });
    await failed(scene);
    await until(() => book.size === 0);
    await passed(20);
    expect(await scene.types()).toHaveLength(2);
  });

  it('fires once when two of them watch', async () => {
    const scene = await StageScene.at('UpgradeRequested');
    const both = [1, 2].map(() => watch(scene, { limits: { pending: 1 } }));
    await failed(scene);
    await Promise.all(both.map(({ book }) => until(() => book.size === 0)));
    expect(await scene.types()).toHaveLength(2);
  });

  it('still fires after it was restarted', async () => {
    const scene = await StageScene.at('UpgradeRequested');
    const first = watch(scene);
    await first.passed(3);
    first.watchdog.onApplicationShutdown();
    expect(await scene.types()).toEqual([]);
    watch(scene, { limits: { pending: 1 } });
    await failed(scene);
    expect((await scene.types())[0]).toBe('StageTimedOut');
  });

  it('ends an attempt at its own deadline, whatever the stage may take', async () => {
    const deadlineAt = new Date(Date.now() - 1).toISOString();
    const scene = await StageScene.at('DeploymentAccepted', { deadlineAt });
    watch(scene);
    await failed(scene);
    expect((await scene.types())[1]).toBe('UpgradeFailed');
  });

  it('leaves alone whoever is within its time', async () => {
    const scene = await StageScene.at('DeploymentAccepted');
    const { passed, watchdog } = watch(scene);
    await passed(10);
    expect(await scene.types()).toEqual([]);
    expect(watchdog.readiness()).toBeUndefined();
  });

  it('judges nothing by a clock that the store contradicts, and says so', async () => {
    const scene = await StageScene.at('UpgradeRequested');
    const live = await StageScene.at('UpgradeRequested');
    const { watchdog, passed } = watch(scene, {
      limits: { pending: 3 * HOUR },
      wall: () => Date.now() + 2 * HOUR,
    });
    await until(() => watchdog.readiness() === undefined);
    await scene.append({
      type: 'PreUpgradeStarted',
      data: { upgradeId: live.order.upgradeId, attempt: 1, worker: 'w' },
    });
    await until(() => watchdog.readiness() !== undefined);
    expect(watchdog.readiness()).toMatch(/^own clock and store clock differ by \d+ ms$/);
    await passed(20);
    expect(await scene.types()).toEqual(['PreUpgradeStarted']);
  });

  it('lets an instance go that moves on between its look and its judgement', async () => {
    const scene = await StageScene.at('DeploymentAccepted');
    const { book } = watch(scene);
    await until(() => book.size === 1);
    const [row] = book.overdue(Date.now() + 2 * HOUR);
    const { upgradeId, attempt } = scene.order;
    await scene.append({
      type: 'DeploymentProgressed',
      data: { upgradeId, attempt, status: 'running', buildStep: null },
    });
    await new DeadlineJudge(scene.history, ACTOR).timeOut(row!);
    expect(await scene.types()).toEqual(['DeploymentProgressed']);
  });

  it('is not held up by one instance that it cannot judge', async () => {
    const scene = await StageScene.at('UpgradeRequested');
    scene.store.faults.push('lost');
    const { errors } = watch(scene, { limits: { pending: 1 } });
    await failed(scene);
    expect(errors).toHaveLength(1);
    expect((await scene.types())[1]).toBe('PreUpgradeFailed');
  });

  it('is not ready before it has read the whole store', async () => {
    const scene = await StageScene.at('UpgradeRequested');
    const { watchdog } = watch(scene);
    expect(watchdog.readiness()).toBe('has not read the whole store yet');
    await until(() => watchdog.readiness() === undefined);
  });
});
