import type { Provider } from '@nestjs/common';
import { EventStore } from '@uplift/event-store';
import { LagoonCores } from '@uplift/lagoon';
import type { StageRuntime } from '../stage-workers.settings';
import { AdmissionGate, OPEN_GATE } from './admission-gate.port';
import { limitsFrom } from './core-limits';
import { StoreAdmissionGate } from './store.admission-gate';

/** Where no core has a limit nothing is read and everybody enters at once. */
export function admissionProvider({
  configuration,
  health,
  logger,
  metrics,
}: StageRuntime): Provider {
  return {
    provide: AdmissionGate,
    inject: [EventStore, LagoonCores],
    useFactory: (store: EventStore, cores: LagoonCores): AdmissionGate => {
      const limitsOf = limitsFrom(cores);
      if (cores.names.every((name) => limitsOf(name) === null)) return OPEN_GATE;
      const gate = new StoreAdmissionGate(store, {
        limitsOf,
        worker: configuration.workerId,
        onBeat: health.loop('admission'),
        onError: (error) => logger.warn({ err: error }, 'admission lost sight of the store'),
      });
      health.addReadiness('admission', () => gate.readiness());
      const help = 'Upgrades held back until their Lagoon core has room';
      metrics.gauge({ name: 'upgrades_waiting_for_admission', help }, () => gate.waiting);
      return gate;
    },
  };
}
