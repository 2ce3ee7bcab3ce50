import type { LocatedEnvironment, WorkOrder } from '@uplift/domain';
import { bulkIdOf, markerOf } from '@uplift/domain';
import type { BuildVariable, CoreSettings, DeployAnswer, Lagoon, LagoonCore } from '@uplift/lagoon';
import type { InstanceSession } from '../runner/instance-session';
import { proveReachable } from '../runner/lagoon-outages';
import type { Effect, EffectAnswer, Landed } from './effect.port';

const NEWEST_BUILDS = 20;

/** The build of one attempt, known by its name; its marker is the bulk name. */
export class DeployEffect implements Effect<string> {
  readonly name = 'deploy';
  readonly isTrigger = true;

  constructor(
    private readonly core: LagoonCore,
    private readonly order: WorkOrder,
    /** Lagoon's id of the wave, as the intent says; null without one. */
    private readonly bulkId: string | null,
  ) {}

  proveReachable(signal: AbortSignal): Promise<void> {
    return proveReachable(this.core, signal);
  }

  async send(signal: AbortSignal): Promise<EffectAnswer<string>> {
    const { core, order, bulkId } = this;
    const answer = await sendDeployment(core.lagoon, order, { bulkId, ...core.settings }, signal);
    return answer.kind === 'accepted' ? { kind: 'accepted', trace: answer.buildName } : answer;
  }

  async lookUp(signal: AbortSignal): Promise<readonly string[]> {
    const { located } = this.order;
    if (located === null) return [];
    const marker = markerOf(this.order);
    const filter = { limit: NEWEST_BUILDS };
    const rows = await this.core.lagoon.deploymentsOf(located.environmentId, filter, signal);
    const ours = rows.filter(({ bulkName }) => bulkName === marker).sort((a, b) => b.id - a.id);
    return ours.map(({ name }) => name);
  }

  async accept(session: InstanceSession, builds: Landed<string>): Promise<void> {
    const { attempt } = session;
    const [buildName, ...older] = builds;
    if (older.length > 0) {
      await session.submit({ type: 'RecordDuplicateBuilds', data: { ...attempt, builds } });
    }
    await session.submit({ type: 'AcceptDeployment', data: { ...attempt, buildName } });
  }
}

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
async function sendDeployment(
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
  const branch = { ...branchOf(profile, located), ...marked, ...buildVariablesOf(order) };
  if (target !== null && 'ref' in target) {
    return lagoon.deployBranch({ ...branch, branchRef: target.ref }, signal);
  }
  if (bulkId !== null && !platformRole) return lagoon.deployBranch(branch, signal);
  const { environmentId } = located;
  const latest = { environmentId, ...marked, ...buildVariablesOf(order) };
  return lagoon.deployLatest(latest, signal);
}

/** Lagoon is told the branch: the environment is the one of its name. */
function branchOf(
  { project, environment }: WorkOrder['profile'],
  { deployBaseRef }: LocatedEnvironment,
) {
  return { project, branchName: deployBaseRef ?? environment };
}

function waveOf(bulkId: string | null) {
  return bulkId === null ? {} : { bulkId };
}

function buildVariablesOf({ strategy }: WorkOrder) {
  return strategy === 'variables' ? { buildVariables: VARIABLES_ONLY } : {};
}
