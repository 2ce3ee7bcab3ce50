import { protocolOf, scriptsOf, StageFixture, WORKER } from '../../testing/stage-fixture';
import { UpgradeStage } from './upgrade.stage';

const INTENT = ['UpgradeStarted', 'DeploymentRequested'];

const stageOf = (fixture: StageFixture) =>
  new UpgradeStage(
    {
      cores: fixture.cores,
      gate: fixture.gate,
      protocol: protocolOf(fixture),
      scripts: scriptsOf(fixture),
      clock: fixture.clock,
    },
    { worker: WORKER, timeoutMs: 20_000, concurrency: 8 },
  );
const builds = ({ lagoon }: StageFixture) => lagoon.script.allDeployments();
const mutations = ({ lagoon }: StageFixture) =>
  lagoon.calls.filter(({ operation }) => /^deploy(?!ment)/.test(operation));

describe('the upgrade stage over a store that is full', () => {
  it('asks nothing of Lagoon while its intent cannot be stored, and goes on when it can', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    fixture.store.isFull = true;
    for (const delivery of [1, 2, 3]) {
      expect(await fixture.handle(stageOf(fixture), delivery)).toMatchObject({ kind: 'retry' });
    }
    expect([mutations(fixture), builds(fixture)]).toEqual([[], []]);
    expect(await fixture.types()).toEqual([]);
    fixture.store.isFull = false;
    expect(await fixture.handle(stageOf(fixture), 4)).toEqual({ kind: 'done' });
    expect(await fixture.types()).toEqual([...INTENT, 'DeploymentAccepted']);
    expect([mutations(fixture).length, builds(fixture).length]).toEqual([1, 1]);
  });

  it('finds its build again when only the answer could not be stored', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    const { store } = fixture;
    const answersAreLost = () => Promise.resolve(void (store.isFull = builds(fixture).length > 0));
    store.rivals.push(...Array.from({ length: 9 }, () => answersAreLost));
    expect(await fixture.handle(stageOf(fixture), 1)).toMatchObject({ kind: 'retry' });
    expect(await fixture.types()).toEqual(INTENT);
    store.rivals.length = 0;
    store.isFull = false;
    expect(await fixture.handle(stageOf(fixture), 2)).toEqual({ kind: 'done' });
    expect(await fixture.types()).toEqual([...INTENT, 'DeploymentAccepted']);
    expect([mutations(fixture).length, builds(fixture).length]).toEqual([1, 1]);
  });
});
