import { SingleLagoonCore } from '@uplift/lagoon';
import { unguardedCore, UNLIMITED } from '@uplift/lagoon/testing';
import { PROFILE } from '../../../testing/example-upgrade';
import { StageScene } from '../../../testing/stage-scene';
import type { VerifyOptions } from './verify.stage';
import { VerifyStage } from './verify.stage';

const OPTIONS: VerifyOptions = { successes: 3, intervalMs: 1, timeoutMs: 10, windowMs: 60_000 };
const PAGE = 'https://main.shop.example.com/';

const stageOf = ({ cores, probe }: StageScene, changes: Partial<VerifyOptions> = {}) =>
  new VerifyStage(cores, probe, { ...OPTIONS, ...changes });

describe('the health check at the end', () => {
  it('brings the instance back to where it came from after good answers in a row', async () => {
    const scene = await StageScene.at('PostUpgradeCompleted', {
      originStatus: 'running-healthy-unclaimed',
    });
    expect(await scene.handle(stageOf(scene))).toEqual({ kind: 'done' });
    const probe = { url: PAGE, outcome: 'healthy', status: 200, durationMs: 0 };
    expect(await scene.appended()).toMatchObject([
      {
        type: 'InstanceVerifiedHealthy',
        data: { status: 'running-healthy-unclaimed', probes: [probe, probe, probe] },
      },
    ]);
    expect(scene.probe.probed).toEqual([PAGE, PAGE, PAGE]);
    expect(scene.store.loads).toBe(1);
  });

  it('asks on the path of the app', async () => {
    const healthProbe = { path: 'health', acceptStatuses: [] };
    const scene = await StageScene.at('PostUpgradeCompleted', {
      profile: { ...PROFILE, healthProbe },
    });
    await scene.handle(stageOf(scene));
    expect(scene.probe.probed[0]).toBe(`${PAGE}health`);
  });

  it('starts to count again after a bad answer', async () => {
    const scene = await StageScene.at('PostUpgradeCompleted');
    scene.probe.answer(PAGE, 'healthy', 'healthy', 'unhealthy', 'healthy', 'healthy', 'healthy');
    await scene.handle(stageOf(scene));
    expect(scene.probe.probed).toHaveLength(6);
    expect(await scene.types()).toEqual(['InstanceVerifiedHealthy']);
  });

  it.each([
    ['unhealthy', 'InstanceFoundUnhealthy'],
    ['unresponsive', 'InstanceFoundUnresponsive'],
  ] as const)('finds an app %s when the window is over', async (outcome, type) => {
    const scene = await StageScene.at('PostUpgradeCompleted');
    scene.probe.answer(PAGE, outcome);
    await scene.handle(stageOf(scene, { windowMs: 5 }));
    expect(await scene.appended()).toMatchObject([
      { type, data: { reason: 'no healthy answer within the window', retryable: true } },
    ]);
  });

  it('keeps what a person needs to see why, and no word of the page', async () => {
    const scene = await StageScene.at('PostUpgradeCompleted');
    scene.probe.answer(PAGE, 'unhealthy');
    await scene.handle(stageOf(scene, { windowMs: 0 }));
    expect((await scene.appended())[0]?.data).toMatchObject({
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
    const scene = await StageScene.at('PostUpgradeCompleted');
    await scene.handle(stageOf(scene));
    expect(scene.lagoon.calls).toEqual([]);
  });

  it('wakes an app that sleeps, once, and gives it the time to wake up', async () => {
    const scene = await StageScene.at('PostUpgradeCompleted');
    scene.lagoon.script.place(scene.target, { idleState: 'idled' });
    scene.probe.answer(PAGE, 'unhealthy', 'unhealthy', 'unhealthy', 'healthy');
    await scene.handle(stageOf(scene));
    const asked = scene.lagoon.calls.map(({ operation }) => operation);
    expect(asked).toEqual(['idleStateOf', 'routesOf', 'unidle']);
    const [verified] = await scene.appended();
    expect(verified).toMatchObject({
      type: 'InstanceVerifiedHealthy',
      data: { evidence: { idleState: 'idled', unidle: 'accepted' } },
    });
  });

  it('tells that it woke an app that stays unhealthy', async () => {
    const scene = await StageScene.at('PostUpgradeCompleted');
    scene.lagoon.script.place(scene.target, { idleState: 'idled' });
    scene.probe.answer(PAGE, 'unhealthy');
    await scene.handle(stageOf(scene, { windowMs: 0 }));
    expect(await scene.appended()).toMatchObject([
      {
        type: 'InstanceFoundUnhealthy',
        data: { evidence: { idleState: 'idled', unidle: 'accepted' } },
      },
    ]);
  });

  it('goes on asking the app while Lagoon cannot be asked', async () => {
    const scene = await StageScene.at('PostUpgradeCompleted');
    scene.lagoon.script.unavailable = true;
    scene.probe.answer(PAGE, 'unresponsive', 'unhealthy', 'healthy');
    await scene.handle(stageOf(scene));
    expect(await scene.types()).toEqual(['InstanceVerifiedHealthy']);
    expect(scene.probe.probed).toHaveLength(5);
  });

  it('follows the environment to the routes it has after the build', async () => {
    const scene = await StageScene.at('PostUpgradeCompleted');
    const routes = ['https://new.shop.example.com', 'https://other.shop.example.com'];
    scene.lagoon.script.place(scene.target, { routes });
    scene.probe.answer(PAGE, 'unresponsive');
    await scene.handle(stageOf(scene));
    expect(scene.probe.probed.slice(1)).toEqual(Array(3).fill('https://new.shop.example.com/'));
    expect(await scene.types()).toEqual(['InstanceVerifiedHealthy']);
  });

  it.each([
    ['inside the suffixes of the core', ['example.com'], 'InstanceVerifiedHealthy'],
    ['outside them', ['.ample.com', 'example.org'], 'InstanceFoundUnresponsive'],
  ])('asks a host %s accordingly', async (_, probeSuffixes, type) => {
    const scene = await StageScene.at('PostUpgradeCompleted');
    const settings = { ...UNLIMITED, probeSuffixes };
    const cores = new SingleLagoonCore(unguardedCore(scene.lagoon, { settings }));
    await scene.handle(new VerifyStage(cores, scene.probe, OPTIONS));
    expect(await scene.types()).toEqual([type]);
  });

  it('does not take a flapping app for healthy', async () => {
    const scene = await StageScene.at('PostUpgradeCompleted');
    scene.probe.answer(PAGE, ...Array.from({ length: 400 }, flapping));
    await scene.handle(stageOf(scene, { windowMs: 10 }));
    expect((await scene.types())[0]).toMatch(/^InstanceFound/);
  });

  it.each([
    ['http://main.shop.example.com', 'only https is probed'],
    ['https://main.shop.example.com:8443', 'only port 443 is probed'],
    ['https://169.254.169.254', 'it is an IP address'],
    ['https://operator@main.shop.example.com', 'it carries credentials'],
    ['main.shop.example.com', 'it is not a URL'],
  ])('does not ask %s, and says by which rule', async (route, rule) => {
    const scene = await StageScene.at('PostUpgradeCompleted');
    await scene.runner.handle(stageOf(scene), scene.delivery(1, await routedTo(scene, route)));
    expect(scene.probe.probed).toEqual([]);
    const reason = `Probe target refused: ${rule}`;
    expect(await scene.appended()).toMatchObject([
      { type: 'InstanceFoundUnresponsive', data: { reason, evidence: { probes: 0 } } },
    ]);
  });

  it('does not follow the environment to a route outside the rules', async () => {
    const scene = await StageScene.at('PostUpgradeCompleted');
    scene.lagoon.script.place(scene.target, { routes: ['https://10.0.0.1'] });
    scene.probe.answer(PAGE, 'unresponsive');
    await scene.handle(stageOf(scene));
    expect(scene.probe.probed).toEqual([PAGE]);
    expect(await scene.appended()).toMatchObject([
      {
        type: 'InstanceFoundUnresponsive',
        data: { reason: 'Probe target refused: it is an IP address', evidence: { probes: 1 } },
      },
    ]);
  });

  it('asks Lagoon for a route when none is known, and says if there is none', async () => {
    const scene = await StageScene.at('PostUpgradeCompleted', {
      profile: { ...PROFILE, project: 'routeless' },
    });
    scene.lagoon.script.place(scene.target, { route: null, routes: [] });
    await scene.runner.handle(stageOf(scene), scene.delivery(1, await routedTo(scene, null)));
    expect(scene.lagoon.calls).toMatchObject([{ operation: 'routesOf' }]);
    expect(await scene.appended()).toMatchObject([
      {
        type: 'InstanceFoundUnresponsive',
        data: { reason: 'Lagoon named no route of the environment' },
      },
    ]);
  });

  it('ends a cancelled upgrade with the proof that the app is well', async () => {
    const scene = await stoppedHalfWay();
    await scene.handle(stageOf(scene));
    expect(await scene.appended()).toMatchObject([
      {
        type: 'UpgradeCancelled',
        data: { status: 'running-healthy-claimed', probes: [{ url: PAGE }, {}, {}] },
      },
    ]);
  });

  it('says so if a build that was stopped half-way left the app unhealthy', async () => {
    const scene = await stoppedHalfWay();
    scene.probe.answer(PAGE, 'unhealthy');
    await scene.handle(stageOf(scene, { windowMs: 0 }));
    expect(await scene.types()).toEqual(['InstanceFoundUnhealthy']);
  });

  it('probes nothing when the instance has moved on', async () => {
    const scene = await StageScene.at('PostUpgradeCompleted');
    await scene.handle(stageOf(scene));
    scene.probe.probed.length = 0;
    expect(await scene.handle(stageOf(scene), 2)).toEqual({ kind: 'done' });
    expect(scene.probe.probed).toEqual([]);
    expect(await scene.types()).toEqual(['InstanceVerifiedHealthy']);
  });

  it('is given back at once when the process is asked to stop', async () => {
    const scene = await StageScene.at('PostUpgradeCompleted');
    scene.probe.answer(PAGE, 'unhealthy');
    const running = scene.handle(stageOf(scene, { intervalMs: 60_000, windowMs: 600_000 }));
    while (scene.probe.probed.length === 0) await new Promise(setImmediate);
    scene.stopping.abort(new Error('stop'));
    expect(await running).toEqual({ kind: 'retry', delayMs: 0 });
    expect(await scene.types()).toEqual([]);
  });
});

/** The opening event, with another route of the environment. */
async function routedTo(scene: StageScene, route: string | null) {
  const { workOrder } = await scene.cursor();
  const located = workOrder.located && { ...workOrder.located, route };
  return { ...scene.openingEvent, data: { workOrder: { ...workOrder, located }, task: null } };
}

/** An upgrade whose build an operator had stopped. */
async function stoppedHalfWay() {
  const scene = await StageScene.at('DeploymentAccepted');
  const { workOrder, deployment } = await scene.cursor();
  const { upgradeId, attempt } = workOrder;
  const asked = { upgradeId, attempt, requestedBy: 'operator-7', reason: 'wrong release' };
  const buildName = deployment?.buildName ?? '';
  await scene.openWith(
    { type: 'UpgradeCancelRequested', data: asked },
    {
      type: 'DeploymentCancelled',
      data: { workOrder: { ...workOrder, cancelRequested: true }, buildName },
    },
  );
  return scene;
}

function flapping(_: unknown, n: number) {
  return n % 3 === 2 ? ('unhealthy' as const) : ('healthy' as const);
}
