import { LagoonUnavailableError } from '@uplift/lagoon';
import { protocolOf, scriptsOf, StageFixture, WORKER } from '../testing/stage-fixture';
import type { EffectPorts } from './effect-protocol';
import { UpgradeStage } from '../stages/upgrade/upgrade.stage';

type Forgotten = Pick<EffectPorts, 'mayHaveForgotten'>;

const stageOf = (fixture: StageFixture, ports: Forgotten = {}) =>
  new UpgradeStage(
    {
      cores: fixture.cores,
      gate: fixture.gate,
      protocol: protocolOf(fixture, {}, ports),
      scripts: scriptsOf(fixture),
      clock: fixture.clock,
    },
    { worker: WORKER, timeoutMs: 20_000, concurrency: 8 },
  );
const lookUps = ({ lagoon }: StageFixture) => jest.spyOn(lagoon, 'deploymentsOf');
const builds = ({ lagoon }: StageFixture) => lagoon.script.allDeployments();
const accepted: Forgotten = { mayHaveForgotten: () => Promise.resolve(true) };

/** Lagoon has built this attempt already, in a history that the store has lost. */
async function alreadyBuilt(fixture: StageFixture): Promise<void> {
  const { environmentId } = fixture.lagoon.script.find(fixture.target)!.facts;
  await fixture.lagoon.deployLatest(
    { environmentId, bulkName: fixture.marker },
    new AbortController().signal,
  );
  fixture.lagoon.calls.length = 0;
}

describe('what a store that was put back has forgotten', () => {
  it.each([
    ['an operator has accepted such a store', 0, accepted],
    ['the stage was opened a while ago', 121_000, {}],
  ])('is taken up and not deployed again when %s', async (_when, ageMs, ports) => {
    const fixture = await StageFixture.at('UpgradePending');
    await alreadyBuilt(fixture);
    await fixture.clock.advance(ageMs);
    expect(await fixture.handle(stageOf(fixture, ports))).toEqual({ kind: 'done' });
    expect(await fixture.types()).toContain('DeploymentAccepted');
    expect(builds(fixture)).toHaveLength(1);
    expect(fixture.lagoon.calls).toMatchObject([{ operation: 'deploymentsOf' }]);
  });

  it('is not looked for where the stage was opened just now', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    const looked = lookUps(fixture);
    await fixture.handle(stageOf(fixture));
    expect(looked).not.toHaveBeenCalled();
    expect(builds(fixture)).toHaveLength(1);
  });

  it('costs one look-up where there is nothing', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    const looked = lookUps(fixture);
    await fixture.handle(stageOf(fixture, accepted));
    expect(looked).toHaveBeenCalledTimes(1);
    expect(builds(fixture)).toHaveLength(1);
  });

  it('stands in the way of the call until Lagoon has said it', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    await alreadyBuilt(fixture);
    const away = new LagoonUnavailableError('HTTP 503');
    lookUps(fixture).mockRejectedValueOnce(away).mockRejectedValueOnce(away);
    await fixture.handle(stageOf(fixture, accepted));
    expect(await fixture.types()).toContain('DeploymentAccepted');
    expect(builds(fixture)).toHaveLength(1);
  });
});

describe('a call of an attempt', () => {
  it('is not made under an intent that another one was faster to write', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    fixture.lagoon.script.answerNext({ kind: 'ambiguous', evidence: 'HTTP 504' });
    const ids = { upgradeId: fixture.order.upgradeId, attempt: fixture.order.attempt };
    const next = { ...ids, callNo: 2, marker: fixture.marker, worker: 'other', bulkId: null };
    const isFaster = () =>
      fixture.append(
        { type: 'CallNotLanded', data: { ...ids, callNo: 1, evidence: {} } },
        { type: 'DeploymentRequested', data: next },
      );
    // Before the third append, which is the proof: somebody else has it already, and calls.
    const nobody = () => Promise.resolve();
    fixture.store.rivals.push(nobody, nobody, isFaster);
    await fixture.handle(stageOf(fixture));
    expect(fixture.mutations).toEqual(['deployLatest']);
  });

  it('is not known by the build of somebody else', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    fixture.lagoon.script.foreignBuild(fixture.target);
    fixture.lagoon.script.answerNext({ kind: 'ambiguous', evidence: 'HTTP 504' });
    await fixture.handle(stageOf(fixture));
    const [foreign, own] = builds(fixture);
    expect(foreign?.bulkName).not.toBe(fixture.marker);
    expect((await fixture.appended()).at(-1)).toMatchObject({
      type: 'DeploymentAccepted',
      data: { buildName: own?.name, callNo: 2 },
    });
  });
});
