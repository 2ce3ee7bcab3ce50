import { HealthProbe, LagoonCores } from '@uplift/lagoon';
import { busHandler } from '../../bus-handler';
import type { StagePart } from '../../stage-part';
import type { StageRuntime } from '../../stage-workers.settings';
import { DeploymentPoller } from './poller/deployment-poller';
import type { DuplicateSight } from './build/duplicate-builds';
import { PollUpgradeStage } from './poll-upgrade.stage';
import { cancelProvider } from './cancel/cancel.parts';
import { CancelStage } from './cancel/cancel.stage';
import { lateOutcomeProviders } from './late-outcome/late-outcome.parts';
import { LateOutcomeStage } from './late-outcome/late-outcome.stage';
import { VerifyStage } from './verify/verify.stage';

export function pollUpgradeParts(runtime: StageRuntime): StagePart {
  return {
    controllers: [
      busHandler('poll-upgrade', PollUpgradeStage),
      busHandler('verify', VerifyStage),
      busHandler('verify-cancelled', VerifyStage),
      busHandler('cancel', CancelStage),
      busHandler('late-outcome', LateOutcomeStage),
    ],
    providers: [
      {
        provide: DeploymentPoller,
        inject: [LagoonCores],
        useFactory: (cores: LagoonCores) => new DeploymentPoller(cores, pollerOptions(runtime)),
      },
      {
        provide: PollUpgradeStage,
        inject: [LagoonCores, DeploymentPoller],
        useFactory: (cores: LagoonCores, poller: DeploymentPoller) =>
          new PollUpgradeStage(cores, poller, followOptions(runtime)),
      },
      {
        provide: VerifyStage,
        inject: [LagoonCores, HealthProbe],
        useFactory: (cores: LagoonCores, probe: HealthProbe) =>
          new VerifyStage(cores, probe, verifyOptions(runtime.configuration)),
      },
      cancelProvider(runtime),
      ...lateOutcomeProviders(runtime.configuration),
    ],
  };
}

function pollerOptions({ configuration, health, logger }: StageRuntime) {
  const { pollEarlyIntervalMs, pollEarlyForMs } = configuration;
  const { pollIntervalMs, pollQueuedIntervalMs, pollBatch: batch } = configuration;
  return {
    ...{ pollEarlyIntervalMs, pollEarlyForMs, pollIntervalMs, pollQueuedIntervalMs, batch },
    onBeat: health.loop('deployment-poller'),
    onError: (error: unknown, core: string) =>
      logger.warn({ err: error, core }, 'deployments could not be polled'),
  };
}

function followOptions({ configuration, logger, metrics }: StageRuntime) {
  const duplicates = metrics.counter({
    name: 'upgrade_duplicate_builds_total',
    help: 'Attempts that were found to have more than one build',
  });
  const { rowVisibleMs, buildVanishedMs, buildNotStartedMs } = configuration;
  return {
    ...{ rowVisibleMs, buildVanishedMs, buildNotStartedMs },
    patienceMs: configuration.deadlineRunningMs,
    onDuplicates: (sight: DuplicateSight) => {
      duplicates.inc();
      logger.warn(sight, 'duplicate build');
    },
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
