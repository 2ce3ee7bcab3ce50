import fs from 'node:fs';
import { armFailpoints } from '@uplift/runtime';
import { BuildFixture } from '../../testing/build-fixture';
import { MINUTE } from '../../testing/poller-fixture';

const fixtures: BuildFixture[] = [];
afterEach(() => {
  armFailpoints([]);
  fixtures.splice(0).forEach((each) => each.stop());
});

let mostKnown = 10;

async function following(options: Parameters<typeof BuildFixture.open>[0] = {}) {
  const here = await BuildFixture.open({ mostKnown, ...options });
  fixtures.push(here);
  return here;
}

describe.each([
  ['', 10],
  [' that keeps no instance', 0],
])('the poll-upgrade stage%s', (_words, most) => {
  beforeEach(() => void (mostKnown = most));

  it('records each change once, and the end once', async () => {
    const here = await following();
    const running = here.fixture.handle(here.stage());
    for (const buildStep of ['Image Build', 'Image Build', 'Deploy']) {
      here.lagoon.script.setBuild(here.build, { status: 'running', buildStep });
      await here.look();
    }
    here.lagoon.script.endBuilds(here.fixture.target);
    await here.look();
    expect(await running).toEqual({ kind: 'done' });
    const steps = (await here.fixture.appended()).map(({ type, data }) =>
      'buildStep' in data ? data.buildStep : type,
    );
    expect(steps).toEqual(['Image Build', 'Deploy', 'UpgradeCompleted', 'PostUpgradePending']);
  });

  it('ends a wait when the core is back, although the build goes on as before', async () => {
    const here = await following();
    const { fixture, lagoon } = here;
    const running = fixture.handle(here.stage());
    lagoon.script.setBuild(here.build, { status: 'running' });
    await here.look(3);
    lagoon.script.unavailable = true;
    fixture.openBreaker(here.clock.wall());
    await here.look(3);
    expect((await fixture.types()).at(-1)).toBe('WaitingFor');
    lagoon.script.unavailable = false;
    fixture.closeBreaker();
    await here.look(6);
    expect((await fixture.types()).at(-1)).toBe('WaitEnded');
    fixture.stopping.abort();
    await running;
  });

  it('opens the post-upgrade stage in the same append as the end', async () => {
    const here = await following();
    const running = here.fixture.handle(here.stage());
    here.lagoon.script.endBuilds(here.fixture.target);
    await here.look();
    await running;
    expect(await here.fixture.appended()).toMatchObject([
      { type: 'UpgradeCompleted', data: { buildName: here.build, warnings: false } },
      { type: 'PostUpgradePending', data: { workOrder: { attempt: 1 } } },
    ]);
  });

  it('says that a build succeeded with warnings', async () => {
    const here = await following();
    const running = here.fixture.handle(here.stage());
    here.lagoon.script.setBuild(here.build, {
      status: 'complete',
      buildStep: 'deployCompletedWithWarnings',
    });
    await here.look();
    await running;
    expect(await here.told('UpgradeCompleted')).toMatchObject([{ data: { warnings: true } }]);
  });

  it('never goes back in what it records', async () => {
    const here = await following();
    const running = here.fixture.handle(here.stage());
    for (const status of ['running', 'queued', 'new']) {
      here.lagoon.script.setBuild(here.build, { status, buildStep: null });
      await here.look(3);
    }
    here.lagoon.script.endBuilds(here.fixture.target);
    await here.look(3);
    await running;
    expect(await here.fixture.types()).toEqual([
      'DeploymentProgressed',
      'UpgradeCompleted',
      'PostUpgradePending',
    ]);
  });

  it('waits on at a status word it does not know', async () => {
    const here = await following();
    const running = here.fixture.handle(here.stage());
    here.lagoon.script.setBuild(here.build, { status: 'reticulating' });
    await here.look(3);
    here.lagoon.script.endBuilds(here.fixture.target);
    await here.look();
    expect(await running).toEqual({ kind: 'done' });
    expect((await here.fixture.types()).slice(-2)).toEqual([
      'UpgradeCompleted',
      'PostUpgradePending',
    ]);
  });

  it.each(['failed', 'error'])('fails with what Lagoon said of a build in %s', async (status) => {
    const here = await following();
    const running = here.fixture.handle(here.stage());
    here.lagoon.script.setBuild(here.build, { status, buildStep: 'pushingImages' });
    await here.look();
    await running;
    const evidence = { buildName: here.build, status, buildStep: 'pushingImages' };
    expect(await here.fixture.appended()).toMatchObject([
      { type: 'UpgradeFailed', data: { reason: 'deployment-failed', evidence, retryable: true } },
    ]);
  });

  it('goes on after a restart without recording again what stands there', async () => {
    const here = await following();
    const first = here.fixture.handle(here.stage());
    here.lagoon.script.setBuild(here.build, { buildStep: 'Deploy' });
    await here.look();
    here.fixture.stopping.abort(new Error('stop'));
    expect(await first).toEqual({ kind: 'retry', delayMs: 0 });
    const successor = { ...here.fixture.delivery(2), signal: new AbortController().signal };
    const second = here.fixture.handle(here.stage(), successor);
    await here.look();
    here.lagoon.script.endBuilds(here.fixture.target);
    await here.look();
    expect(await second).toEqual({ kind: 'done' });
    expect(await here.fixture.types()).toEqual([
      'DeploymentProgressed',
      'UpgradeCompleted',
      'PostUpgradePending',
    ]);
  });

  it('records the end once when two workers follow the same build', async () => {
    const here = await following();
    const both = [here.fixture.handle(here.stage()), here.fixture.handle(here.stage())];
    here.lagoon.script.endBuilds(here.fixture.target);
    await here.look();
    expect(await Promise.all(both)).toEqual([{ kind: 'done' }, { kind: 'done' }]);
    expect(await here.fixture.types()).toEqual(['UpgradeCompleted', 'PostUpgradePending']);
  });

  it.each([
    ['tells of an outage', -1, ['WaitingFor']],
    ['tells nothing of an outage whose end the instance was told by another worker', 1, []],
  ] as const)('%s', async (_words, endedAfterMs, told) => {
    const here = await following();
    const { fixture } = here;
    const { upgradeId, attempt } = fixture.order;
    const target = 'lagoon:eu-1';
    const since = new Date(fixture.clock.wall()).toISOString();
    await fixture.openWith(
      { type: 'WaitingFor', data: { upgradeId, attempt, target, since, stage: 'poll-upgrade' } },
      { type: 'WaitEnded', data: { upgradeId, attempt, target, waitedMs: 0 } },
    );
    fixture.openBreaker(fixture.clock.wall() - endedAfterMs);
    here.lagoon.script.unavailable = true;
    const running = fixture.handle(here.stage());
    await here.look(3);
    expect(await fixture.types()).toEqual(told);
    const { loads } = fixture.store;
    await here.look(3);
    expect(fixture.store.loads).toBe(loads);
    fixture.closeBreaker();
    here.lagoon.script.unavailable = false;
    here.lagoon.script.endBuilds(fixture.target);
    await here.look(3);
    expect(await running).toEqual({ kind: 'done' });
  });

  it.each([1, 2])('asks Lagoon nothing when it has moved on (delivery %d)', async (count) => {
    const here = await following();
    const running = here.fixture.handle(here.stage());
    here.lagoon.script.endBuilds(here.fixture.target);
    await here.look();
    await running;
    here.lagoon.calls.length = 0;
    expect(await here.fixture.handle(here.stage(), count)).toEqual({ kind: 'done' });
    expect(here.lagoon.calls).toEqual([]);
  });

  it('gives the message back when the build takes long, and looks whether it is still due', async () => {
    const here = await following({ patienceMs: 5 * MINUTE });
    const held = here.fixture.handle(here.stage());
    await here.clock.advance(6 * MINUTE);
    expect(await held).toMatchObject({ kind: 'retry' });
    const { upgradeId, attempt } = here.fixture.order;
    const failure = { reason: 'stage-timed-out', evidence: {}, retryable: true };
    await here.fixture.append({ type: 'UpgradeFailed', data: { upgradeId, attempt, ...failure } });
    expect(await here.fixture.handle(here.stage(), 2)).toEqual({ kind: 'done' });
  });

  it('gives the message back when the end could not be recorded, and records it the next time', async () => {
    const here = await following();
    const first = here.fixture.handle(here.stage());
    here.lagoon.script.endBuilds(here.fixture.target);
    here.fixture.store.faults.push('lost', 'lost', 'lost', 'lost', 'lost');
    await here.look();
    expect(await first).toMatchObject({ kind: 'retry' });
    expect(await here.fixture.types()).toEqual([]);
    const second = here.fixture.handle(here.stage(), 2);
    await here.look();
    expect(await second).toEqual({ kind: 'done' });
    expect(await here.fixture.types()).toEqual(['UpgradeCompleted', 'PostUpgradePending']);
  });

  it('starts nothing once the process is asked to stop', async () => {
    const here = await following();
    here.fixture.stopping.abort(new Error('stop'));
    expect(await here.fixture.handle(here.stage())).toEqual({ kind: 'retry', delayMs: 0 });
    await here.look();
    expect(here.lagoon.calls).toEqual([]);
  });

  it.each([
    ['', 0],
    [', also when eight stopping workers gave it back before', 8],
  ])(
    'records the end after a failure between seeing and recording it%s',
    async (_words, before) => {
      const here = await following();
      for (let n = 1; n <= before; n += 1) {
        const stopping = new AbortController();
        const held = here.fixture.handle(here.stage(), {
          ...here.fixture.delivery(n),
          signal: stopping.signal,
        });
        await here.look();
        stopping.abort(new Error('stop'));
        expect(await held).toEqual({ kind: 'retry', delayMs: 0 });
      }
      armFailpoints([{ name: 'deploy.E9', action: { kind: 'throw' }, atHit: 1 }]);
      const written = jest.spyOn(fs, 'writeSync').mockReturnValue(0);
      const first = here.fixture.handle(here.stage(), before + 1);
      here.lagoon.script.endBuilds(here.fixture.target);
      await here.look();
      expect(await first).toMatchObject({ kind: 'retry' });
      expect(await here.fixture.types()).not.toContain('UpgradeCompleted');
      const second = here.fixture.handle(here.stage(), before + 2);
      await here.look();
      expect(await second).toEqual({ kind: 'done' });
      expect((await here.fixture.types()).slice(-2)).toEqual([
        'UpgradeCompleted',
        'PostUpgradePending',
      ]);
      expect(written).toHaveBeenCalledTimes(1);
      written.mockRestore();
    },
  );
});
