import type { WorkOrder } from '@uplift/domain';
import type { LagoonCores } from '@uplift/lagoon';
import type { VerificationOptions } from '../stages/verification/health-check';
import { VerificationStage } from '../stages/verification/verification.stage';
import { scriptsOf, StageFixture, WORKER } from './stage-fixture';

const OPTIONS: VerificationOptions = {
  successes: 3,
  intervalMs: 1,
  timeoutMs: 10,
  windowMs: 60_000,
};

/** Where the app of a fixture answers. */
export const PAGE = 'https://main.shop.example.com/';

export function verificationOf(
  fixture: StageFixture,
  changes: Partial<VerificationOptions> = {},
  cores: LagoonCores = fixture.cores,
): VerificationStage {
  const { probe, clock } = fixture;
  const ports = { cores, probe, clock, scripts: scriptsOf(fixture) };
  return new VerificationStage(ports, { ...OPTIONS, ...changes }, WORKER);
}

/** An upgrade whose build an operator had stopped. */
export async function stoppedHalfWay(changes: Partial<Omit<WorkOrder, 'located'>> = {}) {
  const fixture = await StageFixture.at('DeploymentAccepted', changes);
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
