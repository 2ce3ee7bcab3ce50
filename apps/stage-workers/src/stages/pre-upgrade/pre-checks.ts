import type { Check, LocatedEnvironment } from '@uplift/domain';
import type { LagoonEnvironment } from '@uplift/lagoon';

export type PreCheckVerdict =
  | {
      readonly kind: 'passed';
      readonly checks: readonly Check[];
      readonly located: LocatedEnvironment;
    }
  | {
      readonly kind: 'failed';
      readonly check: string;
      readonly detail: string;
      /** True if it passes with time, without a change in Lagoon's configuration. */
      readonly retryable: boolean;
    };

interface RetryableCheck extends Check {
  readonly retryable: boolean;
}

/** What must hold before anything is changed in Lagoon. */
export function preChecks(environment: LagoonEnvironment | null): PreCheckVerdict {
  if (environment === null) {
    const detail = 'Lagoon shows no such project and environment to this user';
    return { kind: 'failed', check: 'environment-exists', detail, retryable: false };
  }
  const { projectId, environmentId, route } = environment;
  const checks = checksOf(environment);
  const failed = checks.find(({ passed }) => !passed);
  if (failed !== undefined) {
    const { name: check, detail, retryable } = failed;
    return { kind: 'failed', check, detail, retryable };
  }
  return {
    kind: 'passed',
    checks: checks.map(({ name, passed, detail }) => ({ name, passed, detail })),
    located: { projectId, environmentId, route },
  };
}

function checksOf(environment: LagoonEnvironment): readonly RetryableCheck[] {
  const { environmentId, deploymentsDisabled, activeBuild } = environment;
  return [
    {
      name: 'environment-exists',
      passed: true,
      detail: `environment ${environmentId}`,
      retryable: false,
    },
    {
      name: 'deployments-enabled',
      passed: !deploymentsDisabled,
      detail: deploymentsDisabled ? 'deployments are disabled for the project' : 'enabled',
      retryable: false,
    },
    {
      name: 'no-active-deployment',
      passed: activeBuild === null,
      detail: activeBuild ?? 'no build is under way',
      retryable: true,
    },
  ];
}
