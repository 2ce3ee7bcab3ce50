import type { InstanceEvent, InstanceEventType } from '@uplift/domain';
import type { CoreLimits } from '../../admission/core-usage.projection';
import { Fleet, settled } from '../../testing/fleet';
import { PROFILE } from '../../testing/example-upgrade';
import { ACTOR } from '../../testing/stage-fixture';
import { InstanceHistory } from '@uplift/event-store';
import { DeadlineProjection } from './deadlines.projection';
import { DeadlineEnforcer } from './deadline-enforcer';
import { StoreClock } from '../../store/event-clock';
import { WaitReasons } from './wait-reasons';
import { Watchdog } from './watchdog';
import { watchdogActor } from './outages.projection';

const MINUTE = 60_000;
const ROUND_MS = MINUTE / 2;
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

  watch(limits: CoreLimits | null = null): Watchdog {
    const { clock, store } = this.fleet;
    const deadlines = new DeadlineProjection(LIMITS, clock);
    const reasons = new WaitReasons({ limitsOf: () => limits, clock });
    const load = store.load.bind(store);
    const counting = Object.assign(Object.create(store) as typeof store, {
      load: (stream: string) => {
        this.loaded.push(stream);
        return load(stream);
      },
    });
    const history = new InstanceHistory(counting, 'stage-workers');
    const view = { deadlines, reasons, storeClock: new StoreClock(clock) };
    const enforcer = new DeadlineEnforcer(this.fleet.commands(history), watchdogActor(ACTOR));
    const tail = this.fleet.tail();
    const watchdog = new Watchdog(tail, view, enforcer, {
      clock,
      intervalMs: ROUND_MS,
      onBeat: () => undefined,
      onError: (error) => expect(error).toBeUndefined(),
    });
    running.push(watchdog);
    tail.start();
    watchdog.onApplicationBootstrap();
    return watchdog;
  }

  /** Time passes, with a round of the watchdog in each half of a minute. */
  async pass(ms: number): Promise<void> {
    await this.fleet.clock.advance(ms);
    await settled();
  }

  async workerSays(instanceId: string, type: 'WaitingFor' | 'WaitEnded'): Promise<void> {
    const { state } = await this.fleet.history.load(instanceId);
    if (state.kind !== 'upgrading') throw new TypeError('not upgrading');
    const { upgradeId, attempt } = state.workOrder;
    const since = new Date(this.fleet.clock.wall()).toISOString();
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
    const fixture = new Watched();
    fixture.watch();
    const inHand = await fixture.fleet.joinMany(4, 'PreUpgradeStarted');
    const unheld = await fixture.fleet.joinMany(196, 'PreUpgradeStarted');
    for (const id of inHand) await fixture.workerSays(id, 'WaitingFor');
    await fixture.pass(30 * MINUTE);
    for (const id of [...inHand, ...unheld]) {
      expect(await fixture.since('PreUpgradeStarted', id)).toEqual(['WaitingFor']);
    }
    for (const id of inHand) await fixture.workerSays(id, 'WaitEnded');
    await fixture.pass(2 * MINUTE);
    for (const id of [...inHand, ...unheld]) {
      expect(await fixture.since('PreUpgradeStarted', id)).toEqual(['WaitingFor', 'WaitEnded']);
    }
    expect(fixture.loaded).toHaveLength(2 * unheld.length);
    const all = [...inHand, ...unheld];
    await Promise.all(all.map((id) => fixture.fleet.goOn(id, 'PostUpgradeCompleted')));
    for (const id of all)
      expect((await fixture.fleet.types(id)).at(-1)).toBe('PostUpgradeCompleted');
  }, 30_000);

  it('ends an attempt that has had its time without the waiting, with evidence', async () => {
    const fixture = new Watched();
    fixture.watch();
    const mortal = await fixture.fleet.join('PreUpgradeStarted', { attemptMs: 8 * MINUTE });
    const inHand = await fixture.fleet.join('PreUpgradeStarted');
    await fixture.workerSays(inHand, 'WaitingFor');
    await fixture.workerSays(mortal, 'WaitingFor');
    await fixture.pass(120 * MINUTE);
    expect(await fixture.since('PreUpgradeStarted', mortal)).toEqual(['WaitingFor']);
    await fixture.workerSays(mortal, 'WaitEnded');
    await fixture.pass(7.5 * MINUTE);
    expect(await fixture.since('PreUpgradeStarted', mortal)).toEqual(['WaitingFor', 'WaitEnded']);
    await fixture.pass(MINUTE);
    const { events } = await fixture.fleet.history.load(mortal);
    const limitMs = 8 * MINUTE;
    expect(events.slice(-2)).toMatchObject([
      { type: 'StageTimedOut', data: { limitMs } },
      { type: 'PreUpgradeFailed', data: { reason: 'stage-timed-out', evidence: { limitMs } } },
    ]);
  });

  it('times out what nobody took up after the outage', async () => {
    const fixture = new Watched();
    fixture.watch();
    const [inHand, lost] = await fixture.fleet.joinMany(2, 'PreUpgradeStarted');
    await fixture.workerSays(inHand!, 'WaitingFor');
    await fixture.pass(30 * MINUTE);
    await fixture.workerSays(inHand!, 'WaitEnded');
    await fixture.pass(2 * MINUTE);
    expect(await fixture.since('PreUpgradeStarted', lost!)).toEqual(['WaitingFor', 'WaitEnded']);
    await fixture.pass(10 * MINUTE);
    expect((await fixture.since('WaitEnded', lost!)).at(-1)).toBe('PreUpgradeFailed');
  });

  it('does not take the outage of one core for that of another', async () => {
    const fixture = new Watched();
    fixture.watch();
    const [inHand] = await fixture.fleet.joinMany(1, 'PreUpgradeStarted');
    const profile = { ...PROFILE, core: 'us-1' };
    const elsewhere = await fixture.fleet.join('PreUpgradeStarted', { profile });
    await fixture.workerSays(inHand!, 'WaitingFor');
    await fixture.pass(11 * MINUTE);
    expect((await fixture.fleet.types(elsewhere)).at(-1)).toBe('PreUpgradeFailed');
  });

  it('says nothing again to an instance that was tried in between', async () => {
    const fixture = new Watched();
    fixture.watch();
    const inHand = await fixture.fleet.join('PreUpgradeStarted');
    const tried = await fixture.fleet.join('UpgradeRequested');
    await fixture.workerSays(inHand, 'WaitingFor');
    await fixture.pass(6 * MINUTE);
    await fixture.fleet.goOn(tried, 'PreUpgradeStarted');
    await fixture.pass(20 * MINUTE);
    expect(await fixture.since('UpgradeRequested', tried)).toEqual([
      'WaitingFor',
      'PreUpgradeStarted',
    ]);
    await fixture.workerSays(inHand, 'WaitEnded');
    await fixture.pass(2 * MINUTE);
    expect((await fixture.fleet.types(tried)).at(-1)).toBe('WaitEnded');
  });

  it('knows all of it again after it was started anew', async () => {
    const fixture = new Watched();
    const [inHand, unheld] = await fixture.fleet.joinMany(2, 'PreUpgradeStarted');
    await fixture.workerSays(inHand!, 'WaitingFor');
    for (let n = 0; n < 6; n++) {
      const watchdog = fixture.watch();
      await fixture.pass(4 * MINUTE);
      watchdog.onApplicationShutdown();
    }
    expect(await fixture.since('PreUpgradeStarted', unheld!)).toEqual(['WaitingFor']);
  });
});

describe('the watchdog and a core without room', () => {
  const AGREED = { name: 'eu-1', triggersPerHour: 60, triggerBurst: 20, buildsInFlight: 1 };

  it('explains those who wait to be let in, until there is room', async () => {
    const fixture = new Watched();
    fixture.watch(AGREED);
    const busy = await fixture.fleet.join('DeploymentAccepted');
    const waiting = await fixture.fleet.joinMany(3, 'UpgradePending');
    await fixture.pass(30 * MINUTE);
    for (const id of waiting)
      expect(await fixture.since('UpgradePending', id)).toEqual(['WaitingFor']);
    const { state } = await fixture.fleet.history.load(waiting[0]!);
    const notes = state.kind === 'upgrading' ? state.notes : null;
    expect(notes?.waitingFor).toMatchObject({ target: 'admission:eu-1' });
    await fixture.fleet.goOn(busy, 'UpgradeCompleted');
    await fixture.pass(2 * MINUTE);
    for (const id of waiting) expect((await fixture.fleet.types(id)).at(-1)).toBe('WaitEnded');
  });

  it('is not fooled by the moment between one build and the next', async () => {
    const fixture = new Watched();
    fixture.watch(AGREED);
    const busy = await fixture.fleet.join('DeploymentAccepted');
    await fixture.pass(MINUTE);
    const waiting = await fixture.fleet.join('UpgradePending');
    await fixture.pass(4.5 * MINUTE);
    await fixture.fleet.goOn(busy, 'UpgradeCompleted');
    await fixture.pass(MINUTE / 2);
    expect(await fixture.since('UpgradePending', waiting)).toEqual(['WaitingFor']);
  });

  it('times out those who are not let in although there is room', async () => {
    const fixture = new Watched();
    fixture.watch(AGREED);
    const forgotten = await fixture.fleet.join('UpgradePending');
    await fixture.pass(5 * MINUTE);
    expect(await fixture.since('UpgradePending', forgotten)).toEqual([
      'StageTimedOut',
      'UpgradeFailed',
    ]);
  });

  it('explains nobody else with it', async () => {
    const fixture = new Watched();
    fixture.watch(AGREED);
    await fixture.fleet.join('DeploymentAccepted');
    const elsewhere = await fixture.fleet.join('PostUpgradePending');
    await fixture.pass(5 * MINUTE);
    expect((await fixture.fleet.types(elsewhere)).at(-1)).toBe('PostUpgradeFailed');
  });
});
