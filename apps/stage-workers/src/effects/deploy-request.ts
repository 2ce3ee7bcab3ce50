import type { WorkOrder } from '@uplift/domain';
import { bulkIdOf, markerOf } from '@uplift/domain';
import type { BuildVariable, CoreSettings, DeployAnswer, Lagoon } from '@uplift/lagoon';

interface Wave extends Pick<CoreSettings, 'platformRole'> {
  readonly bulkId: string | null;
}

const VARIABLES_ONLY: readonly BuildVariable[] = [{ name: 'LAGOON_VARIABLES_ONLY', value: 'true' }];

const NEVER_LOCATED: DeployAnswer = {
  kind: 'refused',
  cause: 'not-found',
  reason: 'the environment was never located',
  retryable: false,
};

/**
 * The wave's id that this deployment may carry. Anybody may set one on a branch or a promotion; on "latest" only a
 * platform role may, so a branch environment is then deployed by its branch, which is the same.
 */
export function permittedBulkId(
  order: WorkOrder,
  { platformRole }: Pick<CoreSettings, 'platformRole'>,
): string | null {
  const { strategy, located } = order;
  const isFree = strategy === 'branch-ref' || strategy === 'promote';
  const isBranch = located?.deployType === 'branch';
  return isFree || isBranch || platformRole ? bulkIdOf(order) : null;
}

/** One call, as the strategy asks for it. */
export async function sendDeployment(
  lagoon: Lagoon,
  order: WorkOrder,
  { bulkId, platformRole }: Wave,
  signal: AbortSignal,
): Promise<DeployAnswer> {
  const { located, profile, target } = order;
  if (located === null) return NEVER_LOCATED;
  const { project, environment } = profile;
  const marked = { bulkName: markerOf(order), ...waveOf(bulkId) };
  if (target !== null && 'sourceEnvironment' in target) {
    const { sourceEnvironment } = target;
    const promotion = { project, sourceEnvironment, destinationEnvironment: environment };
    return lagoon.deployPromote({ ...promotion, ...marked }, signal);
  }
  const branch = { project, branchName: environment, ...marked, ...buildVariablesOf(order) };
  if (target !== null && 'ref' in target) {
    return lagoon.deployBranch({ ...branch, branchRef: target.ref }, signal);
  }
  if (bulkId !== null && !platformRole) return lagoon.deployBranch(branch, signal);
  const { environmentId } = located;
  const latest = { environmentId, ...marked, ...buildVariablesOf(order) };
  return lagoon.deployLatest(latest, signal);
}

function waveOf(bulkId: string | null) {
  return bulkId === null ? {} : { bulkId };
}

function buildVariablesOf({ strategy }: WorkOrder) {
  return strategy === 'variables' ? { buildVariables: VARIABLES_ONLY } : {};
}
