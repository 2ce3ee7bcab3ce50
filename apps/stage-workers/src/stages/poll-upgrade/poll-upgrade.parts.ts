import { HealthProbe, Lagoon, LagoonCores } from '@uplift/lagoon';
import { busHandler } from '../../bus-handler';
import type { StageParts } from '../../stage-parts';
import type { StageRuntime } from '../../stage-workers.settings';
import { DeploymentPoller } from './deployment-poller';
import { PollUpgradeStage } from './poll-upgrade.stage';
import { VerifyStage } from './verify.stage';

export function pollUpgradeParts(runtime: StageRuntime): StageParts {
  return {
    controllers: [
      busHandler('poll-upgrade', PollUpgradeStage),
      busHandler('verify', VerifyStage),
      busHandler('verify-cancelled', VerifyStage),
    ],
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
        inject: [LagoonCores, HealthProbe],
        useFactory: (cores: LagoonCores, probe: HealthProbe) =>
          new VerifyStage(cores, probe, verifyOptions(runtime.configuration)),
      },
    ],
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

function verifyOptions(configuration: StageRuntime['configuration']) {
  return {
    successes: configuration.probeSuccesses,
    intervalMs: configuration.probeIntervalMs,
    timeoutMs: configuration.probeTimeoutMs,
    windowMs: configuration.probeWindowMs,
  };
}
