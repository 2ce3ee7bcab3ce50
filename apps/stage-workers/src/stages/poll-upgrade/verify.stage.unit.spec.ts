import type { ProbeResult } from '@uplift/lagoon';
import { InMemoryHealthProbe, ProbeTargetRefusedError } from '@uplift/lagoon';
import { PROFILE } from '../../testing/example-upgrade';
import { StageScene } from '../../testing/stage-scene';
import type { VerifyOptions } from './verify.stage';
import { VerifyStage } from './verify.stage';

const OPTIONS: VerifyOptions = { successes: 3, intervalMs: 1, timeoutMs: 10, windowMs: 60_000 };
const URL = 'https://main.shop.example.com/';

class RefusingProbe extends InMemoryHealthProbe {
  override probe(): Promise<ProbeResult> {
    return Promise.reject(new ProbeTargetRefusedError('not a public address'));
  }
}

const stageOf = ({ lagoon, probe }: StageScene, changes: Partial<VerifyOptions> = {}) =>
  new VerifyStage(lagoon, probe, { ...OPTIONS, ...changes });

describe('the health check at the end', () => {
  it('brings the instance back to where it came from after good answers in a row', async () => {
    const scene = await StageScene.at('PostUpgradeCompleted', {
      originStatus: 'running-healthy-unclaimed',
    });
    expect(await scene.handle(stageOf(scene))).toEqual({ kind: 'done' });
    const probe = { url: URL, outcome: 'healthy', status: 200, durationMs: 0 };
    expect(await scene.appended()).toMatchObject([
      {
        type: 'InstanceVerifiedHealthy',
        data: { status: 'running-healthy-unclaimed', probes: [probe, probe, probe] },
      },
    ]);
    expect(scene.probe.probed).toEqual([URL, URL, URL]);
    expect(scene.store.loads).toBe(1);
  });

  it('asks on the path of the app', async () => {
    const healthProbe = { path: 'health', acceptStatuses: [] };
    const scene = await StageScene.at('PostUpgradeCompleted', {
      profile: { ...PROFILE, healthProbe },
    });
    await scene.handle(stageOf(scene));
    expect(scene.probe.probed[0]).toBe(`${URL}health`);
  });

  it('starts to count again after a bad answer', async () => {
    const scene = await StageScene.at('PostUpgradeCompleted');
    scene.probe.answer(URL, 'healthy', 'healthy', 'unhealthy', 'healthy', 'healthy', 'healthy');
    await scene.handle(stageOf(scene));
    expect(scene.probe.probed).toHaveLength(6);
    expect(await scene.types()).toEqual(['InstanceVerifiedHealthy']);
  });

  it.each([
    ['unhealthy', 'InstanceFoundUnhealthy'],
    ['unresponsive', 'InstanceFoundUnresponsive'],
  ] as const)('finds an app %s when the window is over', async (outcome, type) => {
    const scene = await StageScene.at('PostUpgradeCompleted');
    scene.probe.answer(URL, outcome);
    await scene.handle(stageOf(scene, { windowMs: 5 }));
    expect(await scene.appended()).toMatchObject([
      { type, data: { reason: 'no healthy answer within the window', retryable: true } },
    ]);
  });

  it('does not take a flapping app for healthy', async () => {
    const scene = await StageScene.at('PostUpgradeCompleted');
    scene.probe.answer(URL, ...Array.from({ length: 400 }, flapping));
    await scene.handle(stageOf(scene, { windowMs: 10 }));
    expect((await scene.types())[0]).toMatch(/^InstanceFound/);
  });

  it('does not ask an address outside the rules', async () => {
    const scene = await StageScene.at('PostUpgradeCompleted');
    await scene.handle(new VerifyStage(scene.lagoon, new RefusingProbe(), OPTIONS));
    expect(await scene.appended()).toMatchObject([
      {
        type: 'InstanceFoundUnresponsive',
        data: { reason: 'Probe target refused: not a public address', evidence: { probes: 0 } },
      },
    ]);
  });

  it('asks Lagoon for a route when none is known, and says if there is none', async () => {
    const scene = await StageScene.at('PostUpgradeCompleted', {
      profile: { ...PROFILE, project: 'routeless' },
    });
    scene.lagoon.script.place(scene.target, { route: null, routes: [] });
    const { workOrder } = (await scene.cursor());
    const located = { ...workOrder.located!, route: null };
    const data = { workOrder: { ...workOrder, located }, task: null };
    const event = { ...scene.openingEvent, data };
    await scene.runner.handle(stageOf(scene), scene.delivery(1, event));
    expect(scene.lagoon.calls).toMatchObject([{ operation: 'routesOf' }]);
    expect(await scene.appended()).toMatchObject([
      {
        type: 'InstanceFoundUnresponsive',
        data: { reason: 'Lagoon named no route of the environment' },
      },
    ]);
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
    scene.probe.answer(URL, 'unhealthy');
    const running = scene.handle(stageOf(scene, { intervalMs: 60_000, windowMs: 600_000 }));
    while (scene.probe.probed.length === 0) await new Promise(setImmediate);
    scene.stopping.abort(new Error('stop'));
    expect(await running).toEqual({ kind: 'retry', delayMs: 0 });
    expect(await scene.types()).toEqual([]);
  });
});

function flapping(_: unknown, n: number) {
  return n % 3 === 2 ? ('unhealthy' as const) : ('healthy' as const);
}
