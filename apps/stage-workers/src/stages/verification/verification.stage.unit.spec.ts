import type { HealthProbeTarget } from '@uplift/domain';
import { NamedLagoonCores } from '@uplift/lagoon';
import { PROFILE } from '../../testing/example-upgrade';
import { StageFixture } from '../../testing/stage-fixture';
import { PAGE, stoppedHalfWay, verificationOf } from '../../testing/verification-fixture';

describe('the health check at the end', () => {
  it('brings the instance back to where it came from after good answers in a row', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted', {
      originStatus: 'running-healthy-unclaimed',
    });
    expect(await fixture.handle(verificationOf(fixture))).toEqual({ kind: 'done' });
    const probe = { url: PAGE, outcome: 'healthy', status: 200, durationMs: 0 };
    expect(await fixture.appended()).toMatchObject([
      {
        type: 'InstanceVerifiedHealthy',
        data: { status: 'running-healthy-unclaimed', probes: [probe, probe, probe] },
      },
    ]);
    expect(fixture.probe.probed).toEqual([PAGE, PAGE, PAGE]);
    expect([fixture.store.looks, fixture.store.loads]).toEqual([1, 1]);
  });

  it('finds the environment of an upgrade that never got that far', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted', { located: null });
    await fixture.handle(verificationOf(fixture));
    expect(fixture.probe.probed).toEqual([PAGE, PAGE, PAGE]);
    expect(await fixture.types()).toEqual(['InstanceVerifiedHealthy']);
  });

  it('finds the environment of an upgrade that an operator accepts as it is', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const { upgradeId, attempt } = fixture.order;
    const failure = { reason: 'deployments-disabled', evidence: {}, retryable: false };
    const asked = { requestedBy: 'operator-7', reason: 'good as it is' };
    const workOrder = { ...fixture.order, attempt: 2, leftAt: 'pre-upgrade' } as const;
    await fixture.openWith(
      { type: 'PreUpgradeFailed', data: { upgradeId, attempt, ...failure } },
      { type: 'UpgradeAbandoned', data: { workOrder, ...asked } },
    );
    await fixture.handle(verificationOf(fixture));
    expect(fixture.probe.probed).toEqual([PAGE, PAGE, PAGE]);
    expect(await fixture.types()).toEqual(['InstanceVerifiedHealthy']);
  });

  it('wakes nothing while an operator holds the instance', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    const { upgradeId, attempt } = fixture.order;
    const asked = { requestedBy: 'operator-7', reason: 'look at it first' };
    await fixture.append({ type: 'InstanceParked', data: { upgradeId, attempt, ...asked } });
    fixture.lagoon.script.place(fixture.target, { idleState: 'idled' });
    fixture.probe.answer(PAGE, 'unhealthy');
    await fixture.handle(verificationOf(fixture, { windowMs: 5 }));
    expect(fixture.lagoon.calls.map(({ operation }) => operation)).not.toContain('unidle');
  });

  it('says so if there never was such a core, and nothing if only this process does not know it', async () => {
    const without = (fixture: StageFixture) =>
      verificationOf(fixture, {}, new NamedLagoonCores([]));
    const never = await StageFixture.at('PostUpgradeCompleted', { located: null });
    await never.handle(without(never));
    expect(await never.appended()).toMatchObject([
      { type: 'InstanceFoundUnresponsive', data: { reason: 'core-unknown' } },
    ]);
    const once = await StageFixture.at('PostUpgradeCompleted');
    expect(await once.handle(without(once))).toMatchObject({ kind: 'retry' });
    expect(await once.types()).toEqual([]);
  });

  describe('an app without a route proves its health in the way it was registered', () => {
    const by = (healthProbe: Partial<HealthProbeTarget>) => ({
      profile: { ...PROFILE, healthProbe: { ...PROFILE.healthProbe, ...healthProbe } },
    });
    const SCRIPT = { service: 'cli', command: 'worker:selftest' };
    const BY_TASK = by({ kind: 'task', script: SCRIPT });

    it('none is needed: nobody is asked, and the evidence says so', async () => {
      const fixture = await StageFixture.at('PostUpgradeCompleted', by({ kind: 'none' }));
      fixture.lagoon.script.unavailable = true;
      await fixture.handle(verificationOf(fixture));
      expect(await fixture.appended()).toMatchObject([
        {
          type: 'InstanceVerifiedHealthy',
          data: { probes: [], evidence: { healthProbe: 'none' } },
        },
      ]);
      expect(fixture.lagoon.calls).toEqual([]);
      expect(fixture.probe.probed).toEqual([]);
    });

    it('also after a cancel', async () => {
      const fixture = await stoppedHalfWay(by({ kind: 'none' }));
      await fixture.handle(verificationOf(fixture));
      expect(await fixture.appended()).toMatchObject([
        { type: 'UpgradeCancelled', data: { probes: [], evidence: { healthProbe: 'none' } } },
      ]);
    });

    it.each([{}, { located: null }])('a task that succeeds is the proof (%j)', async (order) => {
      const fixture = await StageFixture.at('PostUpgradeCompleted', { ...BY_TASK, ...order });
      fixture.lagoon.script.place(fixture.target, { route: null, routes: [] });
      fixture.lagoon.script.endAtOnce = 'complete';
      await fixture.handle(verificationOf(fixture));
      expect(await fixture.types()).toEqual([
        'ScriptRequested',
        'ScriptAccepted',
        'InstanceVerifiedHealthy',
      ]);
      const added = fixture.lagoon.calls.find(({ operation }) => operation === 'addTask');
      expect(added?.input).toMatchObject({ name: `${fixture.marker}-verify`, ...SCRIPT });
      expect((await fixture.appended()).at(-1)).toMatchObject({
        data: { probes: [], evidence: { healthProbe: 'task' } },
      });
      expect(fixture.probe.probed).toEqual([]);
    });

    it.each(['failed', 'cancelled'])('a task that ended as %s is none', async (status) => {
      const fixture = await StageFixture.at('PostUpgradeCompleted', BY_TASK);
      fixture.clock.after(5, () => fixture.lagoon.script.endTasks(fixture.target, status));
      await fixture.handle(verificationOf(fixture));
      expect((await fixture.appended()).at(-1)).toMatchObject({
        type: 'InstanceFoundUnhealthy',
        data: { reason: 'health-task-failed', evidence: { healthProbe: 'task' } },
      });
    });

    it('a registered task that is not there is none', async () => {
      const script = { registeredTask: 'Self-test' };
      const fixture = await StageFixture.at('PostUpgradeCompleted', by({ kind: 'task', script }));
      await fixture.handle(verificationOf(fixture));
      expect(await fixture.appended()).toMatchObject([
        { type: 'InstanceFoundUnhealthy', data: { reason: 'health-task-failed' } },
      ]);
    });

    it('runs one task, whoever dies before its end is recorded', async () => {
      const fixture = await StageFixture.at('PostUpgradeCompleted', BY_TASK);
      const lost = { kind: 'ambiguous', evidence: 'reset' } as const;
      fixture.lagoon.script.answerNext(lost, { lands: true });
      const dying = fixture.handle(verificationOf(fixture));
      while (fixture.lagoon.calls.every(({ operation }) => operation !== 'taskById')) {
        await new Promise(setImmediate);
      }
      fixture.stopping.abort(new Error('stop'));
      await dying;
      fixture.lagoon.script.endTasks(fixture.target);
      await fixture.runner.handle(verificationOf(fixture), {
        ...fixture.delivery(2),
        signal: new AbortController().signal,
      });
      expect(fixture.mutations).toEqual(['addTask']);
      expect((await fixture.types()).at(-1)).toBe('InstanceVerifiedHealthy');
    });

    it('proves the health by a task after a cancel too, and says it if that cannot be known', async () => {
      const well = await stoppedHalfWay(BY_TASK);
      well.lagoon.script.endAtOnce = 'complete';
      await well.handle(verificationOf(well));
      expect((await well.types()).at(-1)).toBe('UpgradeCancelled');
      const unknown = await stoppedHalfWay(BY_TASK);
      const lost = { kind: 'ambiguous', evidence: 'reset' } as const;
      unknown.lagoon.script.answerNext(lost);
      unknown.lagoon.script.answerNext(lost);
      await unknown.handle(verificationOf(unknown));
      expect((await unknown.appended()).at(-1)).toMatchObject({
        type: 'InstanceFoundUnresponsive',
        data: { reason: 'outcome-unknown' },
      });
    });
  });

  it('ends a cancelled upgrade with the proof that the app is well', async () => {
    const fixture = await stoppedHalfWay();
    await fixture.handle(verificationOf(fixture));
    expect(await fixture.appended()).toMatchObject([
      {
        type: 'UpgradeCancelled',
        data: { status: 'running-healthy-claimed', probes: [{ url: PAGE }, {}, {}] },
      },
    ]);
  });

  it('says so if a build that was stopped half-way left the app unhealthy', async () => {
    const fixture = await stoppedHalfWay();
    fixture.probe.answer(PAGE, 'unhealthy');
    await fixture.handle(verificationOf(fixture, { windowMs: 0 }));
    expect(await fixture.types()).toEqual(['InstanceFoundUnhealthy']);
  });

  it.each([1, 2])('asks nobody when the instance has moved on (delivery %d)', async (count) => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    await fixture.handle(verificationOf(fixture));
    fixture.probe.probed.length = 0;
    fixture.lagoon.calls.length = 0;
    expect(await fixture.handle(verificationOf(fixture), count)).toEqual({ kind: 'done' });
    expect(fixture.probe.probed).toEqual([]);
    expect(fixture.lagoon.calls).toEqual([]);
    expect(await fixture.types()).toEqual(['InstanceVerifiedHealthy']);
  });

  it('is given back at once when the process is asked to stop', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    fixture.probe.answer(PAGE, 'unhealthy');
    const running = fixture.handle(
      verificationOf(fixture, { intervalMs: 60_000, windowMs: 600_000 }),
    );
    while (fixture.probe.probed.length === 0) await new Promise(setImmediate);
    fixture.stopping.abort(new Error('stop'));
    expect(await running).toEqual({ kind: 'retry', delayMs: 0 });
    expect(await fixture.types()).toEqual([]);
  });
});
