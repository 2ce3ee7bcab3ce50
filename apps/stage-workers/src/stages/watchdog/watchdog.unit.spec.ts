import { randomUUID } from 'node:crypto';
import { instanceStream, SYSTEM_STREAM } from '@uplift/contracts';
import type { InstanceEventType } from '@uplift/domain';
import { AllTail, StreamGoneError, SystemHistory } from '@uplift/event-store';
import { SkewedClock } from '../../testing/fast.clock';
import { ACTOR } from '../../testing/example-worker';
import { StageFixture } from '../../testing/stage-fixture';
import { ClockCheck } from './clock-check';
import { DeadlineProjection } from './deadlines.projection';
import { DeadlineEnforcer } from './deadline-enforcer';
import type { DeadlineLimits } from './deadline-row';
import { StoreClock } from '../../store/event-clock';
import { StageQueues } from './stage-queues';
import { WaitReasons } from './wait-reasons';
import { Watchdog } from './watchdog';

const HOUR = 3_600_000;
const OTHER = randomUUID();
const GENEROUS: DeadlineLimits = {
  pending: HOUR,
  step: HOUR,
  call: HOUR,
  queued: HOUR,
  running: HOUR,
  verify: HOUR,
};
const running: { readonly watchdog: Watchdog; readonly tail: AllTail }[] = [];
afterEach(async () => {
  for (const { watchdog, tail } of running.splice(0)) {
    watchdog.onApplicationShutdown();
    await tail.stop();
  }
});

function watch(
  fixture: StageFixture,
  { limits = {}, skewMs = 0 }: { limits?: Partial<DeadlineLimits>; skewMs?: number } = {},
) {
  const { clock, worker, randomness, store } = fixture;
  const errors: unknown[] = [];
  const deadlines = new DeadlineProjection({ ...GENEROUS, ...limits }, clock);
  const reasons = new WaitReasons({ limitsOf: () => null, nameOf: (core) => core, clock });
  const storeClock = new StoreClock(new SkewedClock(clock, skewMs));
  const enforcer = new DeadlineEnforcer(worker.commands, ACTOR);
  const history = new SystemHistory(store, 'stage-workers');
  const clockCheck = new ClockCheck(history, ACTOR, clock);
  const tail = new AllTail(store, { clock, randomness });
  let rounds = 0;
  const queues = new StageQueues(() => Promise.resolve(null), clock);
  const view = { deadlines, reasons, queues, storeClock };
  const watchdog = new Watchdog(
    tail,
    view,
    { enforcer, clockCheck },
    {
      intervalMs: 1,
      clock,
      randomness,
      onBeat: () => (rounds += 1),
      onError: (error) => errors.push(error),
    },
  );
  running.push({ watchdog, tail });
  tail.start();
  watchdog.onApplicationBootstrap();
  const passed = async (count: number) => until(() => rounds >= count);
  return { watchdog, deadlines, errors, passed };
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise(setImmediate);
}

const failed = (fixture: StageFixture) => until(async () => (await fixture.types()).length >= 2);

describe('the watchdog', () => {
  it.each<[InstanceEventType, keyof DeadlineLimits, string]>([
    ['UpgradeRequested', 'pending', 'PreUpgradeFailed'],
    ['UpgradePending', 'pending', 'UpgradeFailed'],
    ['DeploymentAccepted', 'queued', 'UpgradeFailed'],
    ['PostUpgradePending', 'pending', 'PostUpgradeFailed'],
    ['PostUpgradeCompleted', 'verify', 'InstanceFoundUnresponsive'],
  ])(
    'offers what nobody answered after %s again, three times, and then ends it',
    async (opening, limit, ending) => {
      const fixture = await StageFixture.at(opening);
      const { passed } = watch(fixture, { limits: { [limit]: 1 } });
      await until(async () => (await fixture.types()).length >= 5);
      await passed(20);
      const reason = 'no worker answered, although the stage was offered again 3 times';
      expect(await fixture.appended()).toMatchObject([
        { type: 'StageRedriven', data: { n: 1 } },
        { type: 'StageRedriven', data: { n: 2 } },
        { type: 'StageRedriven', data: { n: 3 } },
        { type: 'StageTimedOut', data: { limitMs: 1, reason } },
        {
          type: ending,
          data: { reason: 'stage-timed-out', evidence: { limitMs: 1, detail: reason } },
        },
      ]);
    },
  );

  it('does not count what an operator offers again', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const { order: workOrder } = fixture;
    const asked = { requestedBy: 'operator-7', reason: 'x' };
    const redriven = { workOrder, stage: 'pre-upgrade', n: 1, ...asked } as const;
    await fixture.append({ type: 'StageRedriven', data: redriven });
    watch(fixture, { limits: { pending: 1 } });
    await until(async () => (await fixture.types()).includes('PreUpgradeFailed'));
    expect((await fixture.types()).filter((type) => type === 'StageRedriven')).toHaveLength(4);
  });

  it.each<[InstanceEventType, keyof DeadlineLimits, string]>([
    ['PreUpgradeStarted', 'step', 'PreUpgradeFailed'],
    ['DeploymentRequested', 'call', 'UpgradeFailed'],
    ['PostUpgradeStarted', 'step', 'PostUpgradeFailed'],
  ])('ends what stalls after %s with reason and evidence', async (opening, limit, ending) => {
    const fixture = await StageFixture.at(opening);
    watch(fixture, { limits: { [limit]: 1 } });
    await failed(fixture);
    expect(await fixture.appended()).toMatchObject([
      { type: 'StageTimedOut', data: { limitMs: 1 } },
      { type: ending, data: { reason: 'stage-timed-out', evidence: { limitMs: 1 } } },
    ]);
  });

  it('fires once, and forgets the instance', async () => {
    const fixture = await StageFixture.at('PreUpgradeStarted');
    const { deadlines, passed } = watch(fixture, { limits: { step: 1 } });
    await failed(fixture);
    await until(() => deadlines.size === 0);
    await passed(20);
    expect(await fixture.types()).toHaveLength(2);
  });

  it('fires once when two of them watch', async () => {
    const fixture = await StageFixture.at('PreUpgradeStarted');
    const both = [1, 2].map(() => watch(fixture, { limits: { step: 1 } }));
    await failed(fixture);
    await Promise.all(both.map(({ deadlines }) => until(() => deadlines.size === 0)));
    expect(await fixture.types()).toHaveLength(2);
  });

  it('still fires after it was restarted', async () => {
    const fixture = await StageFixture.at('PreUpgradeStarted');
    const first = watch(fixture);
    await first.passed(3);
    first.watchdog.onApplicationShutdown();
    expect(await fixture.types()).toEqual([]);
    watch(fixture, { limits: { step: 1 } });
    await failed(fixture);
    expect((await fixture.types())[0]).toBe('StageTimedOut');
  });

  it('ends an attempt at its own deadline, whatever the stage may take', async () => {
    const fixture = await StageFixture.at('DeploymentAccepted', { attemptMs: 1 });
    watch(fixture);
    await failed(fixture);
    expect((await fixture.types())[1]).toBe('UpgradeFailed');
  });

  it('leaves alone whoever is within its time', async () => {
    const fixture = await StageFixture.at('DeploymentAccepted');
    const { passed, watchdog } = watch(fixture);
    await passed(10);
    expect(await fixture.types()).toEqual([]);
    expect(watchdog.readiness()).toBeUndefined();
  });

  it('goes by no clock that the store contradicts, and says so', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const live = await StageFixture.at('UpgradeRequested');
    const { watchdog, passed } = watch(fixture, {
      limits: { pending: 3 * HOUR },
      skewMs: 2 * HOUR,
    });
    await until(() => watchdog.readiness() === undefined);
    await fixture.append({
      type: 'PreUpgradeStarted',
      data: { upgradeId: live.order.upgradeId, attempt: 1, worker: 'w' },
    });
    await until(() => watchdog.readiness() !== undefined);
    expect(watchdog.readiness()).toMatch(/^own clock and store clock differ by \d+ ms$/);
    await passed(20);
    expect(await fixture.types()).toEqual(['PreUpgradeStarted']);
  });

  it('lets an instance go that moves on between its look and its command', async () => {
    const fixture = await StageFixture.at('DeploymentAccepted');
    const { deadlines } = watch(fixture);
    await until(() => deadlines.size === 1);
    const [row] = deadlines.overdue(fixture.clock.wall() + 2 * HOUR);
    const { upgradeId, attempt } = fixture.order;
    await fixture.append({
      type: 'DeploymentProgressed',
      data: { upgradeId, attempt, status: 'running', buildStep: null },
    });
    await new DeadlineEnforcer(fixture.worker.commands, ACTOR).timeOut(row!);
    expect(await fixture.types()).toEqual(['DeploymentProgressed']);
  });

  it('is not held up by one instance that it cannot settle', async () => {
    const fixture = await StageFixture.at('PreUpgradeStarted');
    fixture.store.faults.push('lost');
    const { errors } = watch(fixture, { limits: { step: 1 } });
    await failed(fixture);
    expect(errors).toHaveLength(1);
    expect((await fixture.types())[1]).toBe('PreUpgradeFailed');
  });

  it('is not ready before it has read the whole store', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const { watchdog } = watch(fixture);
    expect(watchdog.readiness()).toBe('has not read the whole store yet');
    await until(() => watchdog.readiness() === undefined);
  });
});

describe('the watchdog, beside what other programs put into the store,', () => {
  const PROBE = { a: 1 };

  it.each([
    ['a stream of their own', 'ops-test'],
    ['one named like ours', 'instance-nobody'],
    ['the stream of another instance', instanceStream(OTHER)],
    ['the stream of the switches', SYSTEM_STREAM],
  ])('watches on: %s', async (_where, stream) => {
    const fixture = await StageFixture.at('PreUpgradeStarted');
    fixture.store.putRaw(stream, 'Probe', PROBE);
    const { watchdog, errors } = watch(fixture, { limits: { step: 1 } });
    await failed(fixture);
    expect([watchdog.readiness(), errors]).toEqual([undefined, []]);
  });

  it('forgets an instance that cannot be read, and writes nothing about it', async () => {
    const fixture = await StageFixture.at('PreUpgradeStarted');
    const stream = instanceStream(fixture.instanceId);
    fixture.store.putRaw(stream, 'Probe', PROBE);
    const before = (await fixture.store.load(stream)).length;
    const { deadlines, errors, passed } = watch(fixture, { limits: { step: 1 } });
    await passed(20);
    expect([deadlines.size, errors]).toEqual([0, []]);
    expect(await fixture.store.load(stream)).toHaveLength(before);
  });

  it.each(['deleted', 'tombstoned', 'truncated'] as const)(
    'forgets an instance whose stream was %s, after one look',
    async (loss) => {
      const fixture = await StageFixture.at('PreUpgradeStarted');
      fixture.store.remove(instanceStream(fixture.instanceId), loss);
      const { deadlines, errors, passed } = watch(fixture, { limits: { step: 1 } });
      await until(() => errors.length > 0);
      await passed(20);
      expect(deadlines.size).toBe(0);
      expect(errors).toEqual([expect.any(StreamGoneError)]);
    },
  );
});
