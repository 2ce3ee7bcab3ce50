import type { Provider, Type } from '@nestjs/common';
import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { DeliveryOutcome, DurableName, EventDelivery, Held } from '@uplift/bus';
import type { UpgradeStage as StageName } from '@uplift/domain';
import { HealthProbe, LagoonCores } from '@uplift/lagoon';
import { StartGate } from '../admission/start-gate';
import { EffectProtocol } from '../effects/effect-protocol';
import { ScriptRunner } from '../effects/script-runner';
import type { OngoingWork, StageTurn } from '../runner/stage-handler.port';
import { StageHandler } from '../runner/stage-handler.port';
import { StageRunner } from '../runner/stage-runner';
import type { StageRuntime } from '../stage-workers.settings';
import { CancellationStage } from '../stages/cancellation/cancellation.stage';
import { LateOutcomeLookups } from '../stages/late-outcome/late-outcome-lookups';
import { LateOutcomeStage } from '../stages/late-outcome/late-outcome.stage';
import { pollingProviders } from './polling.providers';
import { PollingStage } from '../stages/polling/polling.stage';
import { PostUpgradeStage } from '../stages/post-upgrade/post-upgrade.stage';
import { PreUpgradeStage } from '../stages/pre-upgrade/pre-upgrade.stage';
import { ResolutionStage } from '../stages/resolution/resolution.stage';
import { UpgradeStage } from '../stages/upgrade/upgrade.stage';
import { VerificationStage } from '../stages/verification/verification.stage';

/** What a stage adds to a process: its consumers of the bus, and what makes its handlers. */
export interface StageProviders {
  readonly controllers: readonly Type[];
  readonly providers: readonly Provider[];
}

/** Upgrades in work at once: each holds a connection of its own to Lagoon. */
const MOST_AT_ONCE = 256;
/** A look-up waits this part of the pause between two looks for others to share its request. */
const GATHERING = 1 / 10;

const STAGES: Record<StageName, (runtime: StageRuntime) => StageProviders> = {
  'pre-upgrade': (runtime) => ({
    controllers: openings('pre-upgrade', PreUpgradeStage),
    providers: [preUpgrade(runtime)],
  }),
  upgrade: (runtime) => ({
    controllers: openings('upgrade', UpgradeStage),
    providers: [upgrade(runtime)],
  }),
  'poll-upgrade': (runtime) => ({
    controllers: [
      consumer('poll-upgrade', PollingStage),
      consumer('verify', VerificationStage),
      consumer('verify-cancelled', VerificationStage),
      consumer('verify-abandoned', VerificationStage),
      consumer('poll-upgrade-retry', VerificationStage),
      consumer('poll-upgrade-redriven', RedrivenPolling),
      consumer('resolve', ResolutionStage),
      consumer('verify-script-cancelled', VerificationStage),
      consumer('cancel', CancellationStage),
      consumer('late-pre-upgrade', LateOutcomeStage),
      consumer('late-outcome', LateOutcomeStage),
      consumer('late-post-upgrade', LateOutcomeStage),
    ],
    providers: [
      ...pollingProviders(runtime),
      verification(runtime),
      REDRIVEN_POLLING,
      resolution(runtime),
      cancellation(runtime),
      ...lateOutcome(runtime),
    ],
  }),
  'post-upgrade': (runtime) => ({
    controllers: openings('post-upgrade', PostUpgradeStage),
    providers: [postUpgrade(runtime)],
  }),
};

export function providersOf(stage: StageName, runtime: StageRuntime): StageProviders {
  return STAGES[stage](runtime);
}

/** Every way in which a stage is opened. */
function openings(name: Exclude<StageName, 'poll-upgrade'>, stage: Type<StageHandler>): Type[] {
  const durables = [name, `${name}-retry`, `${name}-redriven`] as const;
  return durables.map((durable) => consumer(durable, stage));
}

/** A controller that hands each delivery of a durable consumer to a stage. */
function consumer(durable: DurableName, stage: Type<StageHandler>): Type {
  @Controller()
  class StageConsumer {
    constructor(
      @Inject(StageRunner) private readonly runner: StageRunner,
      @Inject(stage) private readonly handler: StageHandler,
    ) {}

    @EventPattern(durable)
    handle(@Payload() delivery: EventDelivery): Promise<DeliveryOutcome | Held> {
      return this.runner.handle(this.handler, delivery);
    }
  }
  return StageConsumer;
}

function preUpgrade({ configuration: { workerId: worker } }: StageRuntime): Provider {
  const options = { worker, concurrency: MOST_AT_ONCE };
  return {
    provide: PreUpgradeStage,
    inject: [LagoonCores, StartGate, ScriptRunner],
    useFactory: (cores: LagoonCores, gate: StartGate, scripts: ScriptRunner) =>
      new PreUpgradeStage({ cores, gate, scripts }, options),
  };
}

function upgrade({ clock, configuration }: StageRuntime): Provider {
  const { workerId: worker, callTimeoutMs: timeoutMs } = configuration;
  const options = { worker, timeoutMs, concurrency: MOST_AT_ONCE };
  return {
    provide: UpgradeStage,
    inject: [LagoonCores, StartGate, EffectProtocol, ScriptRunner],
    useFactory: (
      cores: LagoonCores,
      gate: StartGate,
      protocol: EffectProtocol,
      scripts: ScriptRunner,
    ) => new UpgradeStage({ cores, gate, protocol, scripts, clock }, options),
  };
}

function postUpgrade({ configuration: { workerId } }: StageRuntime): Provider {
  return {
    provide: PostUpgradeStage,
    inject: [ScriptRunner],
    useFactory: (scripts: ScriptRunner) => new PostUpgradeStage(scripts, workerId),
  };
}

function verification({ clock, configuration }: StageRuntime): Provider {
  const options = {
    successes: configuration.probeSuccesses,
    intervalMs: configuration.probeIntervalMs,
    timeoutMs: configuration.probeTimeoutMs,
    windowMs: configuration.probeWindowMs,
  };
  return {
    provide: VerificationStage,
    inject: [LagoonCores, HealthProbe, ScriptRunner],
    useFactory: (cores: LagoonCores, probe: HealthProbe, scripts: ScriptRunner) =>
      new VerificationStage({ cores, probe, clock, scripts }, options, configuration.workerId),
  };
}

/** What is offered again to this stage is a cancel, the build that is followed, or the app that is verified. */
class RedrivenPolling extends StageHandler {
  readonly stage = 'poll-upgrade';

  constructor(private readonly stages: readonly StageHandler[]) {
    super();
  }

  async run(turn: StageTurn): Promise<OngoingWork | void> {
    for (const stage of this.stages) {
      const ongoing = await stage.run(turn);
      if (ongoing) return ongoing;
    }
  }
}

const REDRIVEN_POLLING: Provider = {
  provide: RedrivenPolling,
  inject: [CancellationStage, PollingStage, VerificationStage],
  useFactory: (...stages: StageHandler[]) => new RedrivenPolling(stages),
};

function resolution({ configuration }: StageRuntime): Provider {
  const { settleWindowMs, deadlineAttemptMs: attemptMs } = configuration;
  return {
    provide: ResolutionStage,
    inject: [LagoonCores],
    useFactory: (cores: LagoonCores) => new ResolutionStage(cores, { settleWindowMs, attemptMs }),
  };
}

function cancellation({ clock, configuration, logger }: StageRuntime): Provider {
  const { workerId: worker, reconcileIntervalMs: intervalMs, settleWindowMs } = configuration;
  const options = { worker, intervalMs, settleWindowMs };
  return {
    provide: CancellationStage,
    inject: [LagoonCores],
    useFactory: (cores: LagoonCores) => new CancellationStage(cores, options, clock, logger),
  };
}

function lateOutcome(runtime: StageRuntime): Provider[] {
  const { lateIntervalMs, lateWatchMs, deadlineRunningMs, deadlineAttemptMs } =
    runtime.configuration;
  const options = {
    intervalMs: lateIntervalMs,
    windowMs: lateWatchMs,
    patienceMs: deadlineRunningMs,
    attemptMs: deadlineAttemptMs,
  };
  return [
    {
      provide: LateOutcomeLookups,
      inject: [LagoonCores],
      useFactory: (cores: LagoonCores) =>
        new LateOutcomeLookups(cores, lateIntervalMs * GATHERING, runtime.clock),
    },
    {
      provide: LateOutcomeStage,
      inject: [LateOutcomeLookups],
      useFactory: (lookups: LateOutcomeLookups) => new LateOutcomeStage(lookups, options, runtime),
    },
  ];
}
