import type { InstanceEventOf, InstanceEventType } from '@uplift/domain';
import { StageFixture, protocolOf, scriptsOf, WORKER } from '../../testing/stage-fixture';
import { UpgradeStage } from './upgrade.stage';

const ASKED = { requestedBy: 'operator-7', reason: 'look at it' };
const VARIABLES = {
  strategy: 'variables',
  target: { variables: [{ name: 'FEATURE_X', value: 'on', scope: 'RUNTIME' }] },
} as const;

function stageOf(fixture: StageFixture): UpgradeStage {
  const { cores, clock } = fixture;
  const protocol = protocolOf(fixture);
  const scripts = scriptsOf(fixture);
  const ports = { cores, gate: fixture.gate, protocol, scripts, clock };
  return new UpgradeStage(ports, { worker: WORKER, timeoutMs: 1_000, concurrency: 4 });
}

async function park(fixture: StageFixture): Promise<void> {
  await fixture.append({ type: 'InstanceParked', data: { ...fixture.ids, ...ASKED } });
}

/** What the operator's command appends. */
async function unpark(fixture: StageFixture): Promise<void> {
  const { workOrder } = await fixture.session();
  const { parked: _parked, ...free } = workOrder;
  const redriven: InstanceEventOf<'StageRedriven'> = {
    type: 'StageRedriven',
    data: { workOrder: free, stage: 'upgrade', n: 1, ...ASKED },
  };
  await fixture.openWith(
    { type: 'InstanceUnparked', data: { workOrder: free, ...ASKED } },
    redriven,
  );
}

async function parkedAt(opening: InstanceEventType, changes = {}): Promise<StageFixture> {
  const fixture = await StageFixture.at(opening, changes);
  await park(fixture);
  return fixture;
}

describe('an instance that an operator holds', () => {
  it.each([
    ['a deployment', {}],
    ['variables', VARIABLES],
  ])('is given no %s, and goes on when it is let go', async (_what, changes) => {
    const fixture = await parkedAt('UpgradePending', changes);
    expect(await fixture.handle(stageOf(fixture))).toEqual({ kind: 'done' });
    expect(await fixture.types()).toEqual(['InstanceParked']);
    expect(fixture.lagoon.calls.filter(({ operation }) => operation === 'setVariable')).toEqual([]);
    expect(fixture.mutations).toEqual([]);

    await unpark(fixture);
    expect(await fixture.handle(stageOf(fixture))).toEqual({ kind: 'done' });
    expect(await fixture.types()).toContain('DeploymentAccepted');
  });

  it('is given no other call when the first is proved to have had no effect', async () => {
    const fixture = await parkedAt('DeploymentRequested');
    expect(await fixture.handle(stageOf(fixture), 2)).toEqual({ kind: 'done' });
    expect(await fixture.types()).toEqual(['InstanceParked', 'CallNotLanded']);
    expect(fixture.mutations).toEqual([]);

    await unpark(fixture);
    expect(await fixture.handle(stageOf(fixture))).toEqual({ kind: 'done' });
    expect(await fixture.types()).toEqual(['DeploymentRequested', 'DeploymentAccepted']);
  });
});
