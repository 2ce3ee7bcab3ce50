import type { Check, LocatedEnvironment } from '@uplift/domain';
import type { LagoonEnvironment } from '@uplift/lagoon';

export interface PreCheckVerdict {
  readonly checks: readonly Check[];
  readonly located: LocatedEnvironment | null;
}

/** What must hold before anything is changed in Lagoon. */
export function preChecks(environment: LagoonEnvironment | null): PreCheckVerdict {
  if (environment === null) {
    const detail = 'Lagoon shows no such project and environment to this user';
    return { checks: [{ name: 'environment-exists', passed: false, detail }], located: null };
  }
  const { projectId, environmentId, route, deploymentsDisabled, activeBuild } = environment;
  const checks = [
    { name: 'environment-exists', passed: true, detail: `environment ${environmentId}` },
    {
      name: 'deployments-enabled',
      passed: !deploymentsDisabled,
      detail: deploymentsDisabled ? 'deployments are disabled for the project' : 'enabled',
    },
    {
      name: 'no-active-deployment',
      passed: activeBuild === null,
      detail: activeBuild === null ? 'no build is under way' : `${activeBuild} is under way`,
    },
  ];
  return { checks, located: { projectId, environmentId, route } };
}
