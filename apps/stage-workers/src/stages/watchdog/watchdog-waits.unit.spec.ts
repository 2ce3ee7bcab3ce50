import type { InstanceEvent, InstanceEventType } from '@uplift/domain';
import type { CoreLimits } from '../../admission/core-limits';
import { Fleet, settled } from '../../store/testing/fleet';
import { PROFILE } from '../../testing/example-upgrade';
import { ACTOR } from '../../testing/stage-scene';
import { DeadlineBook } from './deadline-book';
import { DeadlineJudge } from './deadline-judge';
import { StoreClock } from './store-clock';
import { WaitReasons } from './wait-reasons';
import { Watchdog } from './watchdog';
import { watchdogActor } from './watchdog-actor';

const MINUTE = 60_000;
const LIMITS = {
  pending: 5 * MINUTE,
  step: 10 * MINUTE,
  call: 60 * MINUTE,
  queued: 360 * MINUTE,
  running: 420 * MINUTE,
  verify: 15 * MINUTE,
};
const EU = 'lagoon:eu-1';
const running: Watchdog[] = [];
afterEach(() => running.splice(0).forEach((watchdog) => watchdog.onApplicationShutdown()));

/** A fleet under the eyes of one watchdog that lives by the fleet's clock. */
class Watched {
  readonly fleet = new Fleet();
  readonly loaded: string[] = [];
  private beats = 0;

  watch(limits: CoreLimits | null = null): Watchdog {
    const { store, history, now, monotonic } = this.fleet;
    const deadlines = new DeadlineBook(LIMITS, monotonic);
    const reasons = new WaitReasons({ limitsOf: () => limits, monotonic });
    const load = history.load.bind(history);
    const judging = Object.assign(Object.create(history) as typeof history, {
      load: (instanceId: string) => {
        this.loaded.push(instanceId);
        return load(instanceId);
      },
    });
    const judge = new DeadlineJudge(judging, watchdogActor(ACTOR));
    const watchdog = new Watchdog(store, { deadlines, reasons }, judge, {
      intervalMs: 1,
      clock: new StoreClock(now),
      onBeat: () => (this.beats += 1),
      onError: (error) => expect(error).toBeUndefined(),
    });
    running.push(watchdog);
    watchdog.onApplicationBootstrap();
    return watchdog;
  }

  /** Time passes in steps, with a round of the watchdog in each. */
  async pass(ms: number, stepMs = MINUTE): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.fleet.pass(stepMs);
      await this.round();
    }
  }

  /** Until a round found nothing to do. */
  async round(): Promise<void> {
    let before = -1;
    for (let n = 0; before !== this.loaded.length; n++) {
      if (n > 100) throw new Error('the watchdog does not come to rest');
      before = this.loaded.length;
      const enough = this.beats + 3;
      while (this.beats < enough) await settled(1);
      await settled(5);
    }
  }

  async workerSays(instanceId: string, type: 'WaitingFor' | 'WaitEnded'): Promise<void> {
    const { state } = await this.fleet.history.load(instanceId);
    if (state.kind !== 'upgrading') throw new TypeError('not upgrading');
    const { upgradeId, attempt } = state.workOrder;
    const since = new Date(this.fleet.now()).toISOString();
    const told: InstanceEvent =
      type === 'WaitingFor'
        ? { type, data: { upgradeId, attempt, target: EU, since, stage: 'pre-upgrade' } }
        : { type, data: { upgradeId, attempt, target: EU, waitedMs: 1 } };
    await this.fleet.append(instanceId, told);
  }

  async since(type: InstanceEventType, instanceId: string): Promise<string[]> {
    const types = await this.fleet.types(instanceId);
    return types.slice(types.indexOf(type) + 1);
  }
}

describe('the watchdog and an outage of Lagoon', () => {
  it('fails nobody, explains everyone once, and lets everyone go on', async () => {
    const scene = new Watched();
    scene.watch();
    const inHand = await scene.fleet.joinMany(4, 'PreUpgradeStarted');
    const unheld = await scene.fleet.joinMany(196, 'PreUpgradeStarted');
    for (const id of inHand) await scene.workerSays(id, 'WaitingFor');
    await scene.pass(30 * MINUTE, 5 * MINUTE);
    for (const id of [...inHand, ...unheld]) {
      expect(await scene.since('PreUpgradeStarted', id)).toEqual(['WaitingFor']);
    }
    for (const id of inHand) await scene.workerSays(id, 'WaitEnded');
    await scene.pass(2 * MINUTE);
    for (const id of [...inHand, ...unheld]) {
      expect(await scene.since('PreUpgradeStarted', id)).toEqual(['WaitingFor', 'WaitEnded']);
    }
    expect(scene.loaded).toHaveLength(2 * unheld.length);
    const all = [...inHand, ...unheld];
    await Promise.all(all.map((id) => scene.fleet.goOn(id, 'PostUpgradeCompleted')));
    for (const id of all) expect((await scene.fleet.types(id)).at(-1)).toBe('PostUpgradeCompleted');
  }, 30_000);

  it('ends an attempt at its deadline all the same, with what it waited for as evidence', async () => {
    const scene = new Watched();
    scene.watch();
    const deadlineAt = new Date(scene.fleet.now() + 20 * MINUTE).toISOString();
    const mortal = await scene.fleet.join('PreUpgradeStarted', { deadlineAt });
    const inHand = await scene.fleet.join('PreUpgradeStarted');
    await scene.workerSays(inHand, 'WaitingFor');
    await scene.pass(19 * MINUTE);
    expect(await scene.since('PreUpgradeStarted', mortal)).toEqual(['WaitingFor']);
    await scene.pass(MINUTE);
    const { events, state } = await scene.fleet.history.load(mortal);
    expect(state.kind === 'resting' && state.status).toBe('pre-upgrade-failed');
    expect(events.at(-1)).toMatchObject({
      type: 'PreUpgradeFailed',
      data: { reason: 'stage-timed-out', evidence: { waitingFor: EU } },
    });
  });

  it('times out what nobody took up after the outage', async () => {
    const scene = new Watched();
    scene.watch();
    const [inHand, lost] = await scene.fleet.joinMany(2, 'PreUpgradeStarted');
    await scene.workerSays(inHand!, 'WaitingFor');
    await scene.pass(30 * MINUTE, 5 * MINUTE);
    await scene.workerSays(inHand!, 'WaitEnded');
    await scene.pass(2 * MINUTE);
    expect(await scene.since('PreUpgradeStarted', lost!)).toEqual(['WaitingFor', 'WaitEnded']);
    await scene.pass(10 * MINUTE);
    expect((await scene.since('WaitEnded', lost!)).at(-1)).toBe('PreUpgradeFailed');
  });

  it('does not take the outage of one core for that of another', async () => {
    const scene = new Watched();
    scene.watch();
    const [inHand] = await scene.fleet.joinMany(1, 'PreUpgradeStarted');
    const profile = { ...PROFILE, core: 'us-1' };
    const elsewhere = await scene.fleet.join('PreUpgradeStarted', { profile });
    await scene.workerSays(inHand!, 'WaitingFor');
    await scene.pass(11 * MINUTE);
    expect((await scene.fleet.types(elsewhere)).at(-1)).toBe('PreUpgradeFailed');
  });

  it('says nothing again to an instance that was tried in between', async () => {
    const scene = new Watched();
    scene.watch();
    const inHand = await scene.fleet.join('PreUpgradeStarted');
    const tried = await scene.fleet.join('UpgradeRequested');
    await scene.workerSays(inHand, 'WaitingFor');
    await scene.pass(6 * MINUTE);
    await scene.fleet.goOn(tried, 'PreUpgradeStarted');
    await scene.pass(20 * MINUTE, 5 * MINUTE);
    expect(await scene.since('UpgradeRequested', tried)).toEqual([
      'WaitingFor',
      'PreUpgradeStarted',
    ]);
    await scene.workerSays(inHand, 'WaitEnded');
    await scene.pass(2 * MINUTE);
    expect((await scene.fleet.types(tried)).at(-1)).toBe('WaitEnded');
  });

  it('knows all of it again after it was started anew', async () => {
    const scene = new Watched();
    const [inHand, unheld] = await scene.fleet.joinMany(2, 'PreUpgradeStarted');
    await scene.workerSays(inHand!, 'WaitingFor');
    for (let n = 0; n < 6; n++) {
      const watchdog = scene.watch();
      await scene.pass(4 * MINUTE, 4 * MINUTE);
      watchdog.onApplicationShutdown();
    }
    expect(await scene.since('PreUpgradeStarted', unheld!)).toEqual(['WaitingFor']);
  });
});

describe('the watchdog and a core without room', () => {
  const AGREED = { name: 'eu-1', triggersPerHour: 60, triggerBurst: 20, buildsInFlight: 1 };

  it('explains those who wait to be let in, until there is room', async () => {
    const scene = new Watched();
    scene.watch(AGREED);
    const busy = await scene.fleet.join('DeploymentAccepted');
    const waiting = await scene.fleet.joinMany(3, 'UpgradePending');
    await scene.pass(30 * MINUTE, 5 * MINUTE);
    for (const id of waiting)
      expect(await scene.since('UpgradePending', id)).toEqual(['WaitingFor']);
    const { state } = await scene.fleet.history.load(waiting[0]!);
    const notes = state.kind === 'upgrading' ? state.notes : null;
    expect(notes?.waitingFor).toMatchObject({ target: 'admission:eu-1' });
    await scene.fleet.goOn(busy, 'UpgradeCompleted');
    await scene.pass(2 * MINUTE);
    for (const id of waiting) expect((await scene.fleet.types(id)).at(-1)).toBe('WaitEnded');
  });

  it('is not fooled by the moment between one build and the next', async () => {
    const scene = new Watched();
    scene.watch(AGREED);
    const busy = await scene.fleet.join('DeploymentAccepted');
    await scene.pass(MINUTE);
    const waiting = await scene.fleet.join('UpgradePending');
    await scene.pass(4.5 * MINUTE, MINUTE / 2);
    await scene.fleet.goOn(busy, 'UpgradeCompleted');
    await scene.pass(MINUTE / 2, MINUTE / 2);
    expect(await scene.since('UpgradePending', waiting)).toEqual(['WaitingFor']);
  });

  it('times out those who are not let in although there is room', async () => {
    const scene = new Watched();
    scene.watch(AGREED);
    const forgotten = await scene.fleet.join('UpgradePending');
    await scene.pass(5 * MINUTE);
    expect(await scene.since('UpgradePending', forgotten)).toEqual([
      'StageTimedOut',
      'UpgradeFailed',
    ]);
  });

  it('explains nobody else with it', async () => {
    const scene = new Watched();
    scene.watch(AGREED);
    await scene.fleet.join('DeploymentAccepted');
    const elsewhere = await scene.fleet.join('PostUpgradePending');
    await scene.pass(5 * MINUTE);
    expect((await scene.fleet.types(elsewhere)).at(-1)).toBe('PostUpgradeFailed');
  });
});
