import type { Provider, Type } from '@nestjs/common';
import type { UpgradeStage as StageName } from '@uplift/domain';
import { HealthProbe, Lagoon } from '@uplift/lagoon';
import { busHandler } from './bus-handler';
import type { StageRuntime } from './stage-workers.settings';
import { LagoonTaskRunner } from './stages/lagoon-task';
import { DeploymentPoller } from './stages/poll-upgrade/deployment-poller';
import { PollUpgradeStage } from './stages/poll-upgrade/poll-upgrade.stage';
import { VerifyStage } from './stages/poll-upgrade/verify.stage';
import { PostUpgradeStage } from './stages/post-upgrade/post-upgrade.stage';
import { PreUpgradeStage } from './stages/pre-upgrade/pre-upgrade.stage';
import { UpgradeStage } from './stages/upgrade/upgrade.stage';

/** What a stage brings into a process: its doors to the bus, and what makes its handler. */
export interface StageParts {
  readonly controllers: readonly Type[];
  readonly providers: readonly Provider[];
}

export function partsOf(stage: StageName, runtime: StageRuntime): StageParts {
  return PARTS[stage](runtime);
}

const PARTS: Record<StageName, (runtime: StageRuntime) => StageParts> = {
  'pre-upgrade': ({ configuration: { workerId } }) => ({
    controllers: [busHandler('pre-upgrade', PreUpgradeStage)],
    providers: [
      {
        provide: PreUpgradeStage,
        inject: [Lagoon, LagoonTaskRunner],
        useFactory: (lagoon: Lagoon, tasks: LagoonTaskRunner) =>
          new PreUpgradeStage(lagoon, tasks, workerId),
      },
    ],
  }),
  upgrade: ({ configuration }) => ({
    controllers: [busHandler('upgrade', UpgradeStage)],
    providers: [
      {
        provide: UpgradeStage,
        inject: [Lagoon],
        useFactory: (lagoon: Lagoon) =>
          new UpgradeStage(lagoon, upgradeOptions(configuration), configuration.workerId),
      },
    ],
  }),
  'poll-upgrade': (runtime) => ({
    controllers: [busHandler('poll-upgrade', PollUpgradeStage), busHandler('verify', VerifyStage)],
    providers: [
      {
        provide: DeploymentPoller,
        inject: [Lagoon],
        useFactory: (lagoon: Lagoon) => new DeploymentPoller(lagoon, pollerOptions(runtime)),
      },
      {
        provide: PollUpgradeStage,
        inject: [Lagoon, DeploymentPoller],
        useFactory: (lagoon: Lagoon, poller: DeploymentPoller) =>
          new PollUpgradeStage(lagoon, poller, runtime.configuration.deadlineRunningMs),
      },
      {
        provide: VerifyStage,
        inject: [Lagoon, HealthProbe],
        useFactory: (lagoon: Lagoon, probe: HealthProbe) =>
          new VerifyStage(lagoon, probe, verifyOptions(runtime.configuration)),
      },
    ],
  }),
  'post-upgrade': ({ configuration: { workerId } }) => ({
    controllers: [busHandler('post-upgrade', PostUpgradeStage)],
    providers: [
      {
        provide: PostUpgradeStage,
        inject: [LagoonTaskRunner],
        useFactory: (tasks: LagoonTaskRunner) => new PostUpgradeStage(tasks, workerId),
      },
    ],
  }),
};

type StageConfiguration = StageRuntime['configuration'];

function upgradeOptions(configuration: StageConfiguration) {
  return {
    leaseMs: configuration.callLeaseMs,
    timeoutMs: configuration.callTimeoutMs,
    intervalMs: configuration.reconcileIntervalMs,
    notFoundGapMs: configuration.notFoundGapMs,
    settleWindowMs: configuration.settleWindowMs,
  };
}

function pollerOptions({ configuration, health, logger }: StageRuntime) {
  return {
    intervalMs: configuration.pollIntervalMs,
    batch: configuration.pollBatch,
    onBeat: health.loop('deployment-poller'),
    onError: (error: unknown) => logger.warn({ err: error }, 'deployments could not be polled'),
  };
}

function verifyOptions(configuration: StageConfiguration) {
  return {
    successes: configuration.probeSuccesses,
    intervalMs: configuration.probeIntervalMs,
    timeoutMs: configuration.probeTimeoutMs,
    windowMs: configuration.probeWindowMs,
  };
}
