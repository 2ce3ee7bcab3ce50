import type { InstanceCommand, ProbeResult } from '@uplift/domain';

export interface UpgradeOfInstance {
  readonly project: string;
  readonly upgradeId: string;
  /** RFC 3339. */
  readonly deadlineAt: string;
}

const PROBE: ProbeResult = {
  url: 'http://app.example/',
  outcome: 'healthy',
  status: 200,
  durationMs: 12,
};

/** One registration and one whole upgrade as the services do it: one append for each command. */
export function historyCommands({
  project,
  upgradeId,
  deadlineAt,
}: UpgradeOfInstance): readonly InstanceCommand[] {
  return [...edgeCommands({ project, upgradeId, deadlineAt }), ...workerCommands(upgradeId)];
}

function edgeCommands(upgrade: UpgradeOfInstance): InstanceCommand[] {
  const { project, upgradeId, deadlineAt } = upgrade;
  const profile = {
    project,
    projectId: 4711,
    environment: 'main',
    core: 'default',
    app: 'anything-llm',
    scripts: { preUpgrade: null, postUpgrade: null },
    healthProbe: { path: '/', acceptStatuses: [] },
  };
  const labels = { fleet: 'bench' };
  return [
    { type: 'RegisterInstance', data: { profile, labels, status: 'running-healthy-claimed' } },
    {
      type: 'RequestUpgrade',
      data: {
        upgradeId,
        deadlineAt,
        strategy: 'redeploy-latest',
        target: null,
        enabledStrategies: ['redeploy-latest'],
        waveId: null,
        requestedBy: 'bench',
        reason: 'bench',
        rolloutId: null,
      },
    },
  ];
}

function workerCommands(upgradeId: string): InstanceCommand[] {
  const attempt = { upgradeId, attempt: 1 };
  const started = { ...attempt, worker: 'bench-1' };
  const buildName = `lagoon-build-${upgradeId.slice(0, 6)}`;
  const located = { projectId: 4711, environmentId: 815, route: 'http://app.example/' };
  const checks = [{ name: 'environment-exists', passed: true, detail: 'main' }];
  const outcome = { buildName, warnings: false, queuedMs: 4_000, buildMs: 480_000 };
  return [
    { type: 'StartPreUpgrade', data: started },
    { type: 'CompletePreUpgrade', data: { ...attempt, located, checks, task: null } },
    { type: 'StartUpgrade', data: { ...started, bulkId: null } },
    { type: 'AcceptDeployment', data: { ...attempt, buildName } },
    { type: 'ProgressDeployment', data: { ...attempt, status: 'running', buildStep: null } },
    { type: 'CompleteUpgrade', data: { ...attempt, ...outcome } },
    { type: 'StartPostUpgrade', data: started },
    { type: 'CompletePostUpgrade', data: { ...attempt, task: null } },
    { type: 'VerifyHealthy', data: { ...attempt, probes: [PROBE] } },
  ];
}
