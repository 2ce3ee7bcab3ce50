import type { Provider } from '@nestjs/common';
import { LagoonCores } from '@uplift/lagoon';
import type { Clock, Logger } from '@uplift/runtime';
import { errorKind, RepeatedLines } from '@uplift/runtime';
import { DeploymentPoller } from '../poller/deployment-poller';
import type { StageRuntime } from '../stage-workers.settings';
import type { DuplicateSight } from '../stages/polling/duplicate-builds';
import { PollingStage } from '../stages/polling/polling.stage';

export function pollingProviders(runtime: StageRuntime): Provider[] {
  return [
    {
      provide: DeploymentPoller,
      inject: [LagoonCores],
      useFactory: (cores: LagoonCores) => {
        const poller = new DeploymentPoller(cores, pollerOptions(runtime), runtime);
        const help = 'Builds that this process follows';
        runtime.metrics.gauge({ name: 'builds_followed', help }, () => poller.watched);
        return poller;
      },
    },
    {
      provide: PollingStage,
      inject: [LagoonCores, DeploymentPoller],
      useFactory: (cores: LagoonCores, poller: DeploymentPoller) =>
        new PollingStage(cores, poller, followOptions(runtime), runtime.clock),
    },
  ];
}

function pollerOptions({ clock, configuration, health, logger, metrics }: StageRuntime) {
  const rounds = metrics.histogram({
    name: 'poll_round_seconds',
    help: 'Time of a poll round: up to 200 requests to one core, and what their answers led to',
  });
  const { pollEarlyIntervalMs, pollEarlyForMs } = configuration;
  const { pollIntervalMs, pollQueuedIntervalMs, pollBatch: batch } = configuration;
  return {
    ...{ pollEarlyIntervalMs, pollEarlyForMs, pollIntervalMs, pollQueuedIntervalMs, batch },
    loopOf: (core: string) => health.loop(`deployment-poller/${core}`),
    onRound: (tookMs: number) => rounds.observe(tookMs / 1_000),
    onError: pollTroubles(logger, clock),
  };
}

/** While a core is away every round meets it several times: one line a minute says so. */
export function pollTroubles(logger: Pick<Logger, 'warn'>, clock: Clock) {
  const lines = new RepeatedLines(clock);
  return (error: unknown, core: string) => {
    if (!lines.isDue(`${core}/${errorKind(error)}`)) return;
    logger.warn({ err: error, core }, 'deployments could not be polled');
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
