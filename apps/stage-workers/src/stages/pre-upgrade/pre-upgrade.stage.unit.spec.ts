import type { WorkOrder } from '@uplift/domain';
import { NamedLagoonCores } from '@uplift/lagoon';
import type { EnvironmentFacts } from '@uplift/lagoon/testing';
import { SCRIPTED } from '../../testing/example-upgrade';
import { scriptsOf, StageFixture, WORKER } from '../../testing/stage-fixture';
import type { PreUpgradePorts } from './pre-upgrade.stage';
import { PreUpgradeStage } from './pre-upgrade.stage';

const OPTIONS = { worker: WORKER, concurrency: 8 };
const stageOf = (fixture: StageFixture, changes: Partial<PreUpgradePorts> = {}) => {
  const { cores, gate } = fixture;
  return new PreUpgradeStage({ cores, gate, scripts: scriptsOf(fixture), ...changes }, OPTIONS);
};
const SCRIPT = ['ScriptRequested', 'ScriptAccepted'];
const promoting = { strategy: 'promote', target: { sourceEnvironment: 'staging' } } as const;

describe('the pre-upgrade stage', () => {
  it('checks, and opens the upgrade with what Lagoon said of the environment', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    expect(await fixture.handle(stageOf(fixture))).toEqual({ kind: 'done' });
    const [started, completed, pending] = await fixture.appended();
    expect(started).toMatchObject({ type: 'PreUpgradeStarted', data: { worker: 'w' } });
    expect(completed).toMatchObject({
      type: 'PreUpgradeCompleted',
      data: {
        task: null,
        checks: [
          { name: 'environment-exists', passed: true },
          { name: 'deployments-enabled', passed: true },
          { name: 'deploy-type-supported', passed: true, detail: 'branch' },
          { name: 'no-active-deployment', passed: true },
        ],
      },
    });
    const found = fixture.lagoon.script.find(fixture.target)?.facts;
    expect(pending).toMatchObject({
      type: 'UpgradePending',
      data: { workOrder: { located: { environmentId: found?.environmentId } } },
    });
    expect([fixture.store.loads, fixture.store.appends]).toEqual([1, 1]);
    expect(fixture.mutations).toEqual([]);
  });

  it('fails for good when Lagoon has no such environment', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    fixture.lagoon.script.remove(fixture.target);
    await fixture.handle(stageOf(fixture));
    expect((await fixture.appended())[1]).toMatchObject({
      type: 'PreUpgradeFailed',
      data: { reason: 'environment-missing', retryable: false },
    });
  });

  it('fails for good when deployments are disabled', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    fixture.lagoon.script.place(fixture.target, { deploymentsDisabled: true });
    await fixture.handle(stageOf(fixture));
    expect((await fixture.appended())[1]).toMatchObject({
      type: 'PreUpgradeFailed',
      data: { reason: 'deployments-disabled', retryable: false },
    });
  });

  it('fails for good, with the rule, when a restriction forbids deployments', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const facts = { deploymentsDisabled: true, restriction: 'NO_DEPLOYMENTS' };
    fixture.lagoon.script.place(fixture.target, facts);
    await fixture.handle(stageOf(fixture));
    expect((await fixture.appended())[1]).toMatchObject({
      type: 'PreUpgradeFailed',
      data: { reason: 'deployments-disabled', evidence: { detail: 'NO_DEPLOYMENTS' } },
    });
  });

  it('fails for good when the core of the instance is not configured', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const stage = stageOf(fixture, { cores: new NamedLagoonCores([]) });
    await fixture.handle(stage);
    expect((await fixture.appended())[1]).toMatchObject({
      type: 'PreUpgradeFailed',
      data: {
        reason: 'core-unknown',
        evidence: { detail: expect.stringContaining('eu-1') as string },
        retryable: false,
      },
    });
  });

  it('fails for good when the project has no environment to promote from', async () => {
    const fixture = await StageFixture.at('UpgradeRequested', promoting);
    await fixture.handle(stageOf(fixture));
    expect((await fixture.appended())[1]).toMatchObject({
      type: 'PreUpgradeFailed',
      data: { reason: 'source-environment-missing', retryable: false },
    });
    const { project } = fixture.target;
    const other = await StageFixture.at('UpgradeRequested', promoting);
    other.lagoon.script.place({ project, environment: 'staging' });
    await other.handle(stageOf(other));
    expect(await other.types()).toContain('UpgradePending');
  });

  describe('Lagoon deploys a branch to the environment of its name', () => {
    const byRef = { strategy: 'branch-ref', target: { ref: 'v2' } } as const;
    const verdict = async (changes: Partial<WorkOrder>, facts: EnvironmentFacts) => {
      const fixture = await StageFixture.at('UpgradeRequested', changes);
      const { project } = fixture.target;
      fixture.lagoon.script.place({ project, environment: 'staging' });
      fixture.lagoon.script.place(fixture.target, facts);
      await fixture.handle(stageOf(fixture));
      return (await fixture.appended()).at(-1);
    };

    it.each([
      [byRef, 'pullrequest'],
      [byRef, 'promote'],
      [promoting, 'pullrequest'],
      [promoting, 'promote'],
      [byRef, 'a-later-type'],
    ])('so it refuses %j in an environment of deploy type %s', async (plan, deployType) => {
      expect(await verdict(plan, { deployType })).toMatchObject({
        type: 'PreUpgradeFailed',
        data: {
          reason: 'deploy-type-unsupported',
          evidence: { detail: expect.stringContaining(`this one is ${deployType}`) as string },
          retryable: false,
        },
      });
    });

    it.each(['pullrequest', 'promote'])(
      'and lets %s be redeployed as it is',
      async (deployType) => {
        expect(await verdict({}, { deployType })).toMatchObject({ type: 'UpgradePending' });
      },
    );

    it('so the work order names the branch, which may be written in another way', async () => {
      expect(await verdict(byRef, { deployBaseRef: 'MAIN' })).toMatchObject({
        type: 'UpgradePending',
        data: { workOrder: { located: { deployType: 'branch', deployBaseRef: 'MAIN' } } },
      });
    });

    it.each([byRef, {}, { strategy: 'variables' as const }])(
      'so it refuses %j where the branch has another name than the environment',
      async (plan) => {
        expect(await verdict(plan, { deployBaseRef: 'staging' })).toMatchObject({
          type: 'PreUpgradeFailed',
          data: { reason: 'deploy-branch-elsewhere', retryable: false },
        });
      },
    );

    it('which a promotion names anyway', async () => {
      const last = await verdict(promoting, { deployBaseRef: 'staging' });
      expect(last).toMatchObject({ type: 'UpgradePending' });
    });
  });

  it('fails for now when a build is under way, and names it', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const build = fixture.lagoon.script.foreignBuild(fixture.target);
    await fixture.handle(stageOf(fixture));
    expect((await fixture.appended())[1]).toMatchObject({
      type: 'PreUpgradeFailed',
      data: { reason: 'deployment-active', evidence: { detail: build }, retryable: true },
    });
  });

  it('runs the script as a task that carries the marker', async () => {
    const fixture = await StageFixture.at('UpgradeRequested', { profile: SCRIPTED });
    fixture.lagoon.script.endAtOnce = 'complete';
    await fixture.handle(stageOf(fixture));
    const request = { name: `${fixture.marker}-pre`, service: 'cli', command: 'backup' };
    const added = fixture.lagoon.calls.find(({ operation }) => operation === 'addTask');
    expect(added?.input).toMatchObject(request);
    expect(await fixture.types()).toEqual([
      'PreUpgradeStarted',
      ...SCRIPT,
      'PreUpgradeCompleted',
      'UpgradePending',
    ]);
    expect((await fixture.appended())[3]).toMatchObject({
      data: { task: { taskName: expect.stringMatching(/^lagoon-task-/) as string } },
    });
  });

  it('fails when the script fails', async () => {
    const fixture = await StageFixture.at('UpgradeRequested', { profile: SCRIPTED });
    fixture.lagoon.script.endAtOnce = 'failed';
    await fixture.handle(stageOf(fixture));
    expect((await fixture.appended())[3]).toMatchObject({
      type: 'PreUpgradeFailed',
      data: { reason: 'pre-upgrade-script-failed', retryable: true },
    });
  });

  it('goes on where a dead predecessor stopped, without a second start or task', async () => {
    const fixture = await StageFixture.at('UpgradeRequested', { profile: SCRIPTED });
    fixture.lagoon.script.answerNext({ kind: 'ambiguous', evidence: 'reset' }, { lands: true });
    const stage = stageOf(fixture, { scripts: scriptsOf(fixture, 0) });
    expect(await fixture.handle(stage)).toMatchObject({ kind: 'retry' });
    fixture.lagoon.script.endTasks(fixture.target);
    expect(await fixture.handle(stageOf(fixture), 2)).toEqual({ kind: 'done' });
    expect(await fixture.types()).toEqual([
      'PreUpgradeStarted',
      'ScriptRequested',
      'CallAmbiguous',
      'ScriptAccepted',
      'PreUpgradeCompleted',
      'UpgradePending',
    ]);
    expect(fixture.mutations).toEqual(['addTask']);
  });

  it('follows a script that has begun to its end before it fails for what came in its way', async () => {
    const fixture = await StageFixture.at('UpgradeRequested', { profile: SCRIPTED });
    const stage = stageOf(fixture, { scripts: scriptsOf(fixture, 0) });
    expect(await fixture.handle(stage)).toMatchObject({ kind: 'retry' });
    fixture.lagoon.script.foreignBuild(fixture.target);
    expect(await fixture.handle(stage, 2)).toMatchObject({ kind: 'retry' });
    fixture.lagoon.script.endTasks(fixture.target);
    expect(await fixture.handle(stage, 3)).toEqual({ kind: 'done' });
    expect((await fixture.appended()).slice(2)).toMatchObject([
      { type: 'ScriptAccepted' },
      { type: 'PreUpgradeFailed', data: { reason: 'deployment-active' } },
    ]);
    expect(fixture.mutations).toEqual(['addTask']);
  });

  it('adds no task of a step that another handling started, even at a first delivery', async () => {
    const fixture = await StageFixture.at('UpgradeRequested', { profile: SCRIPTED });
    fixture.lagoon.script.endAtOnce = 'complete';
    await Promise.all([fixture.handle(stageOf(fixture)), fixture.handle(stageOf(fixture))]);
    expect(fixture.mutations).toEqual(['addTask']);
    expect(await fixture.types()).toHaveLength(5);
  });

  it('does nothing when the instance has moved on', async () => {
    const fixture = await StageFixture.at('UpgradeRequested', { profile: SCRIPTED });
    fixture.lagoon.script.endAtOnce = 'complete';
    await fixture.handle(stageOf(fixture));
    const before = await fixture.types();
    fixture.lagoon.calls.length = 0;
    expect(await fixture.handle(stageOf(fixture), 2)).toEqual({ kind: 'done' });
    expect(await fixture.types()).toEqual(before);
    expect(fixture.lagoon.calls).toEqual([]);
  });

  it('waits while Lagoon is down', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    fixture.lagoon.script.unavailable = true;
    expect(await fixture.handle(stageOf(fixture))).toMatchObject({ kind: 'retry' });
    fixture.lagoon.script.unavailable = false;
    expect(await fixture.handle(stageOf(fixture), 2)).toEqual({ kind: 'done' });
    expect(await fixture.types()).toHaveLength(3);
  });
});
