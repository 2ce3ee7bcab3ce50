import type { Check, FailureReason, LocatedEnvironment, WorkOrder } from '@uplift/domain';
import type { Lagoon, LagoonCores, LagoonEnvironment } from '@uplift/lagoon';
import { isDeployedFrom, UnknownCoreError } from '@uplift/lagoon';
import { locatedOf } from '../../effects/located';

export type PreCheckVerdict =
  | {
      readonly kind: 'passed';
      readonly checks: readonly Check[];
      readonly located: LocatedEnvironment;
    }
  | {
      readonly kind: 'failed';
      /** Code of what is in the way. */
      readonly reason: FailureReason;
      readonly detail: string;
      /** True if it passes with time, without a change in Lagoon's configuration. */
      readonly retryable: boolean;
    };

/** One thing that must hold, and the reason code if it does not. */
interface PreCheck extends Check {
  readonly reason: FailureReason;
  /** Whether it may hold after a while; absent: only after a change in Lagoon's configuration. */
  readonly retryable?: true;
}

/** What must hold before anything is changed in Lagoon. */
export async function preChecks(
  cores: LagoonCores,
  order: WorkOrder,
  signal: AbortSignal,
): Promise<PreCheckVerdict> {
  const { profile, target } = order;
  const lagoon = lagoonOf(cores, profile.core);
  if (lagoon === null) {
    return failed('core-unknown', `no Lagoon core is configured as "${profile.core}"`);
  }
  const environment = await lagoon.findEnvironment(profile, signal);
  if (environment === null) {
    return failed(
      'environment-missing',
      'Lagoon shows no such project and environment to this user',
    );
  }
  if (target !== null && 'sourceEnvironment' in target) {
    const source = { project: profile.project, environment: target.sourceEnvironment };
    if ((await lagoon.findEnvironment(source, signal)) === null) {
      return failed('source-environment-missing', `the project has no ${source.environment}`);
    }
  }
  return verdictOn(environment, checksOf(environment, order));
}

function lagoonOf(cores: LagoonCores, core: string): Lagoon | null {
  try {
    return cores.of(core).lagoon;
  } catch (error) {
    if (error instanceof UnknownCoreError) return null;
    throw error;
  }
}

function failed(reason: FailureReason, detail: string): PreCheckVerdict {
  return { kind: 'failed', reason, detail, retryable: false };
}

function verdictOn(environment: LagoonEnvironment, checks: readonly PreCheck[]): PreCheckVerdict {
  const broken = checks.find(({ passed }) => !passed);
  if (broken !== undefined) {
    const { reason, detail, retryable = false } = broken;
    return { kind: 'failed', reason, detail, retryable };
  }
  return {
    kind: 'passed',
    checks: checks.map(({ name, passed, detail }) => ({ name, passed, detail })),
    located: locatedOf(environment),
  };
}

function checksOf(environment: LagoonEnvironment, order: WorkOrder): readonly PreCheck[] {
  const { environmentId, deploymentsDisabled, restriction, activeBuild } = environment;
  const why = restriction ?? 'deployments are disabled for the project';
  return [
    {
      name: 'environment-exists',
      reason: 'environment-missing',
      passed: true,
      detail: `environment ${environmentId}`,
    },
    {
      name: 'deployments-enabled',
      reason: 'deployments-disabled',
      passed: !deploymentsDisabled,
      detail: deploymentsDisabled ? why : 'enabled',
    },
    deployTypeCheck(environment, order),
    {
      name: 'no-active-deployment',
      reason: 'deployment-active',
      passed: activeBuild === null,
      detail: activeBuild ?? 'no build is under way',
      retryable: true,
    },
  ];
}

/**
 * Lagoon deploys a branch to the environment that has its name, whichever environment it was asked for, and a branch
 * or a promotion turns a pull request's environment into something else for good.
 */
function deployTypeCheck(
  { deployType, deployBaseRef }: LagoonEnvironment,
  { strategy, profile }: WorkOrder,
): PreCheck {
  const rule = { name: 'deploy-type-supported', reason: 'deploy-type-unsupported' } as const;
  if (deployType !== 'branch') {
    const passed = strategy !== 'branch-ref' && strategy !== 'promote';
    const no = `${strategy} is for environments of deploy type branch, and this one is ${deployType}`;
    return { ...rule, passed, detail: passed ? deployType : no };
  }
  const namesBranch = strategy !== 'script' && strategy !== 'promote';
  const isElsewhere = deployBaseRef !== null && !isDeployedFrom(profile, deployBaseRef);
  if (!namesBranch || !isElsewhere) return { ...rule, passed: true, detail: deployType };
  const elsewhere = `it is built from the branch ${deployBaseRef}, which Lagoon would deploy to an environment of that name`;
  return { name: rule.name, reason: 'deploy-branch-elsewhere', passed: false, detail: elsewhere };
}
