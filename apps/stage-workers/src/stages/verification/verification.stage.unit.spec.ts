import { SingleLagoonCore } from '@uplift/lagoon';
import { unguardedCore, UNLIMITED } from '@uplift/lagoon/testing';
import { PROFILE } from '../../testing/example-upgrade';
import { StageFixture } from '../../testing/stage-fixture';
import type { VerificationOptions } from './health-check';
import { VerificationStage } from './verification.stage';

const OPTIONS: VerificationOptions = {
  successes: 3,
  intervalMs: 1,
  timeoutMs: 10,
  windowMs: 60_000,
};
const PAGE = 'https://main.shop.example.com/';

const stageOf = (fixture: StageFixture, changes: Partial<VerificationOptions> = {}) =>
  new VerificationStage(fixture.cores, fixture, { ...OPTIONS, ...changes });

describe('the health check at the end', () => {
  it('brings the instance back to where it came from after good answers in a row', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted', {
      originStatus: 'running-healthy-unclaimed',
    });
    expect(await fixture.handle(stageOf(fixture))).toEqual({ kind: 'done' });
    const probe = { url: PAGE, outcome: 'healthy', status: 200, durationMs: 0 };
    expect(await fixture.appended()).toMatchObject([
      {
        type: 'InstanceVerifiedHealthy',
        data: { status: 'running-healthy-unclaimed', probes: [probe, probe, probe] },
      },
    ]);
    expect(fixture.probe.probed).toEqual([PAGE, PAGE, PAGE]);
    expect(fixture.store.loads).toBe(1);
  });

  it('asks on the path of the app', async () => {
    const healthProbe = { path: 'health', acceptStatuses: [] };
    const fixture = await StageFixture.at('PostUpgradeCompleted', {
      profile: { ...PROFILE, healthProbe },
    });
    await fixture.handle(stageOf(fixture));
    expect(fixture.probe.probed[0]).toBe(`${PAGE}health`);
  });

  it('starts to count again after a bad answer', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    fixture.probe.answer(PAGE, 'healthy', 'healthy', 'unhealthy', 'healthy', 'healthy', 'healthy');
    await fixture.handle(stageOf(fixture));
    expect(fixture.probe.probed).toHaveLength(6);
    expect(await fixture.types()).toEqual(['InstanceVerifiedHealthy']);
  });

  it.each([
    ['unhealthy', 'InstanceFoundUnhealthy'],
    ['unresponsive', 'InstanceFoundUnresponsive'],
  ] as const)('finds an app %s when the window is over', async (outcome, type) => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    fixture.probe.answer(PAGE, outcome);
    await fixture.handle(stageOf(fixture, { windowMs: 5 }));
    expect(await fixture.appended()).toMatchObject([
      { type, data: { reason: 'no-healthy-answer', retryable: true } },
    ]);
  });

  it('keeps what a person needs to see why, and no word of the page', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    fixture.probe.answer(PAGE, 'unhealthy');
    await fixture.handle(stageOf(fixture, { windowMs: 0 }));
    expect((await fixture.appended())[0]?.data).toMatchObject({
      evidence: {
        url: PAGE,
        status: 503,
        probes: 1,
        detail: 'answered 503',
        idleState: 'active',
        unidle: null,
      },
    });
  });

  it('asks Lagoon for nothing while the app is well', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    await fixture.handle(stageOf(fixture));
    expect(fixture.lagoon.calls).toEqual([]);
  });

  it('wakes an app that sleeps, once, and gives it the time to wake up', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    fixture.lagoon.script.place(fixture.target, { idleState: 'idled' });
    fixture.probe.answer(PAGE, 'unhealthy', 'unhealthy', 'unhealthy', 'healthy');
    await fixture.handle(stageOf(fixture));
    const asked = fixture.lagoon.calls.map(({ operation }) => operation);
    expect(asked).toEqual(['idleStateOf', 'routesOf', 'unidle']);
    const [verified] = await fixture.appended();
    expect(verified).toMatchObject({
      type: 'InstanceVerifiedHealthy',
      data: { evidence: { idleState: 'idled', unidle: 'accepted' } },
    });
  });

  it('tells that it woke an app that stays unhealthy', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    fixture.lagoon.script.place(fixture.target, { idleState: 'idled' });
    fixture.probe.answer(PAGE, 'unhealthy');
    await fixture.handle(stageOf(fixture, { windowMs: 0 }));
    expect(await fixture.appended()).toMatchObject([
      {
        type: 'InstanceFoundUnhealthy',
        data: { evidence: { idleState: 'idled', unidle: 'accepted' } },
      },
    ]);
  });

  it('goes on asking the app while Lagoon cannot be asked', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    fixture.lagoon.script.unavailable = true;
    fixture.probe.answer(PAGE, 'unresponsive', 'unhealthy', 'healthy');
    await fixture.handle(stageOf(fixture));
    expect(await fixture.types()).toEqual(['InstanceVerifiedHealthy']);
    expect(fixture.probe.probed).toHaveLength(5);
  });

  it('follows the environment to the routes it has after the build', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    const routes = ['https://new.shop.example.com', 'https://other.shop.example.com'];
    fixture.lagoon.script.place(fixture.target, { routes });
    fixture.probe.answer(PAGE, 'unresponsive');
    await fixture.handle(stageOf(fixture));
    expect(fixture.probe.probed.slice(1)).toEqual(Array(3).fill('https://new.shop.example.com/'));
    expect(await fixture.types()).toEqual(['InstanceVerifiedHealthy']);
  });

  it.each([
    ['inside the suffixes of the core', ['example.com'], 'InstanceVerifiedHealthy'],
    ['outside them', ['.ample.com', 'example.org'], 'InstanceFoundUnresponsive'],
  ])('asks a host %s accordingly', async (_, probeSuffixes, type) => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    const settings = { ...UNLIMITED, probeSuffixes };
    const cores = new SingleLagoonCore(unguardedCore(fixture.lagoon, { settings }));
    await fixture.handle(new VerificationStage(cores, fixture, OPTIONS));
    expect(await fixture.types()).toEqual([type]);
  });

  it('does not take a flapping app for healthy', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    fixture.probe.answer(PAGE, ...Array.from({ length: 400 }, flapping));
    await fixture.handle(stageOf(fixture, { windowMs: 10 }));
    expect((await fixture.types())[0]).toMatch(/^InstanceFound/);
  });

  it.each([
    ['http://main.shop.example.com', 'only https is probed'],
    ['https://main.shop.example.com:8443', 'only port 443 is probed'],
    ['https://169.254.169.254', 'it is an IP address'],
    ['https://operator@main.shop.example.com', 'it carries credentials'],
    ['main.shop.example.com', 'it is not a URL'],
  ])('does not ask %s, and says by which rule', async (route, rule) => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    await fixture.runner.handle(
      stageOf(fixture),
      fixture.delivery(1, await routedTo(fixture, route)),
    );
    expect(fixture.probe.probed).toEqual([]);
    const evidence = { probes: 0, detail: `Probe target refused: ${rule}` };
    expect(await fixture.appended()).toMatchObject([
      { type: 'InstanceFoundUnresponsive', data: { reason: 'probe-refused', evidence } },
    ]);
  });

  it('does not follow the environment to a route outside the rules', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    fixture.lagoon.script.place(fixture.target, { routes: ['https://10.0.0.1'] });
    fixture.probe.answer(PAGE, 'unresponsive');
    await fixture.handle(stageOf(fixture));
    expect(fixture.probe.probed).toEqual([PAGE]);
    expect(await fixture.appended()).toMatchObject([
      {
        type: 'InstanceFoundUnresponsive',
        data: {
          reason: 'probe-refused',
          evidence: { probes: 1, detail: 'Probe target refused: it is an IP address' },
        },
      },
    ]);
  });

  it('asks Lagoon for a route when none is known, and says if there is none', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted', {
      profile: { ...PROFILE, project: 'routeless' },
    });
    fixture.lagoon.script.place(fixture.target, { route: null, routes: [] });
    await fixture.runner.handle(
      stageOf(fixture),
      fixture.delivery(1, await routedTo(fixture, null)),
    );
    expect(fixture.lagoon.calls).toMatchObject([{ operation: 'routesOf' }]);
    expect(await fixture.appended()).toMatchObject([
      {
        type: 'InstanceFoundUnresponsive',
        data: { reason: 'route-missing' },
      },
    ]);
  });

  it('ends a cancelled upgrade with the proof that the app is well', async () => {
    const fixture = await stoppedHalfWay();
    await fixture.handle(stageOf(fixture));
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
    await fixture.handle(stageOf(fixture, { windowMs: 0 }));
    expect(await fixture.types()).toEqual(['InstanceFoundUnhealthy']);
  });

  it('probes nothing when the instance has moved on', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    await fixture.handle(stageOf(fixture));
    fixture.probe.probed.length = 0;
    expect(await fixture.handle(stageOf(fixture), 2)).toEqual({ kind: 'done' });
    expect(fixture.probe.probed).toEqual([]);
    expect(await fixture.types()).toEqual(['InstanceVerifiedHealthy']);
  });

  it('is given back at once when the process is asked to stop', async () => {
    const fixture = await StageFixture.at('PostUpgradeCompleted');
    fixture.probe.answer(PAGE, 'unhealthy');
    const running = fixture.handle(stageOf(fixture, { intervalMs: 60_000, windowMs: 600_000 }));
    while (fixture.probe.probed.length === 0) await new Promise(setImmediate);
    fixture.stopping.abort(new Error('stop'));
    expect(await running).toEqual({ kind: 'retry', delayMs: 0 });
    expect(await fixture.types()).toEqual([]);
  });
});

/** The opening event, with another route of the environment. */
async function routedTo(fixture: StageFixture, route: string | null) {
  const { workOrder } = await fixture.session();
  const located = workOrder.located && { ...workOrder.located, route };
  return { ...fixture.openingEvent, data: { workOrder: { ...workOrder, located }, task: null } };
}

/** An upgrade whose build an operator had stopped. */
async function stoppedHalfWay() {
  const fixture = await StageFixture.at('DeploymentAccepted');
  const { workOrder, deployment } = await fixture.session();
  const { upgradeId, attempt } = workOrder;
  const asked = { upgradeId, attempt, requestedBy: 'operator-7', reason: 'wrong release' };
  const buildName = deployment?.buildName ?? '';
  await fixture.openWith(
    { type: 'UpgradeCancelRequested', data: asked },
    {
      type: 'DeploymentCancelled',
      data: { workOrder: { ...workOrder, cancelRequested: true }, buildName },
    },
  );
  return fixture;
}

function flapping(_: unknown, n: number) {
  return n % 3 === 2 ? ('unhealthy' as const) : ('healthy' as const);
}
