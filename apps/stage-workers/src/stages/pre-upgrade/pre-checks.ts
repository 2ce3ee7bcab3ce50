import type { Check, FailureReason, LocatedEnvironment, WorkOrder } from '@uplift/domain';
import type { Lagoon, LagoonCores, LagoonEnvironment } from '@uplift/lagoon';
import { UnknownCoreError } from '@uplift/lagoon';

export type PreCheckVerdict =
  | {
      readonly kind: 'passed';
      readonly checks: readonly Check[];
      readonly located: LocatedEnvironment;
    }
  | {
      readonly kind: 'failed';
      readonly reason: FailureReason;
      readonly detail: string;
      /** True if it passes with time, without a change in Lagoon's configuration. */
      readonly retryable: boolean;
    };

interface RetryableCheck extends Check {
  /** What is wrong if it did not pass. */
  readonly reason: FailureReason;
  readonly retryable: boolean;
}

/** What must hold before anything is changed in Lagoon. */
export async function preChecks(
  cores: LagoonCores,
  { profile, target }: WorkOrder,
  signal: AbortSignal,
): Promise<PreCheckVerdict> {
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
  return verdictOn(environment);
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

function verdictOn(environment: LagoonEnvironment): PreCheckVerdict {
  const { projectId, environmentId, route, deployType } = environment;
  const checks = checksOf(environment);
  const broken = checks.find(({ passed }) => !passed);
  if (broken !== undefined) {
    const { reason, detail, retryable } = broken;
    return { kind: 'failed', reason, detail, retryable };
  }
  return {
    kind: 'passed',
    checks: checks.map(({ name, passed, detail }) => ({ name, passed, detail })),
    located: { projectId, environmentId, route, deployType },
  };
}

function checksOf(environment: LagoonEnvironment): readonly RetryableCheck[] {
  const { environmentId, deploymentsDisabled, restriction, activeBuild } = environment;
  const why = restriction ?? 'deployments are disabled for the project';
  return [
    {
      name: 'environment-exists',
      passed: true,
      detail: `environment ${environmentId}`,
      reason: 'environment-missing',
      retryable: false,
    },
    {
      name: 'deployments-enabled',
      passed: !deploymentsDisabled,
      detail: deploymentsDisabled ? why : 'enabled',
      reason: 'deployments-disabled',
      retryable: false,
    },
    {
      name: 'no-active-deployment',
      passed: activeBuild === null,
      detail: activeBuild ?? 'no build is under way',
      reason: 'deployment-active',
      retryable: true,
    },
  ];
}
