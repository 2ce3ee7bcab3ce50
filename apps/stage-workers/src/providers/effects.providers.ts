import type { Provider } from '@nestjs/common';
import { DivergenceWatch, EventStore } from '@uplift/event-store';
import { LagoonCores } from '@uplift/lagoon';
import type { StageRuntime } from '../stage-workers.settings';
import { StartGate } from '../admission/start-gate';
import { EffectProtocol } from '../effects/effect-protocol';
import { ScriptRunner } from '../effects/script-runner';
import { StoreDecisions } from '../store/store-decisions';

/** What brings about changes in Lagoon, for every stage that makes some. */
export function effectProviders({ configuration, clock }: StageRuntime): Provider[] {
  const {
    workerId,
    taskPollIntervalMs: pollIntervalMs,
    deadlineStepMs: patienceMs,
  } = configuration;
  const options = {
    leaseMs: configuration.callLeaseMs,
    timeoutMs: configuration.callTimeoutMs,
    intervalMs: configuration.reconcileIntervalMs,
    notFoundGapMs: configuration.notFoundGapMs,
    settleWindowMs: configuration.settleWindowMs,
    permissionTries: configuration.permissionTries,
    permissionPauseMs: configuration.permissionPauseMs,
  };
  return [
    {
      provide: EffectProtocol,
      inject: [EventStore, DivergenceWatch, { token: StartGate, optional: true }],
      useFactory: (store: EventStore, watch: DivergenceWatch, gate?: StartGate) => {
        const decisions = new StoreDecisions(store, watch);
        const mayHaveForgotten = () => decisions.wasAccepted();
        return new EffectProtocol(options, { worker: workerId, clock, gate, mayHaveForgotten });
      },
    },
    {
      provide: ScriptRunner,
      inject: [LagoonCores, EffectProtocol],
      useFactory: (cores: LagoonCores, protocol: EffectProtocol) =>
        new ScriptRunner(cores, protocol, { pollIntervalMs, patienceMs }, clock),
    },
  ];
}
