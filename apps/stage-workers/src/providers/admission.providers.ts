import type { Provider } from '@nestjs/common';
import { AllTail } from '@uplift/event-store';
import { LagoonCores } from '@uplift/lagoon';
import type { StageRuntime } from '../stage-workers.settings';
import { AdmissionControl, UNLIMITED_ADMISSION } from '../admission/admission-control.port';
import { limitsFrom } from '../admission/core-usage.projection';
import { StoreAdmissionControl } from '../admission/store.admission-control';

/** Where no core has a limit nothing is read and everybody enters at once. */
export function admissionProvider({
  clock,
  configuration,
  health,
  metrics,
}: StageRuntime): Provider {
  return {
    provide: AdmissionControl,
    inject: [AllTail, LagoonCores],
    useFactory: (tail: AllTail, cores: LagoonCores): AdmissionControl => {
      const limitsOf = limitsFrom(cores);
      if (cores.names.every((name) => limitsOf(name) === null)) return UNLIMITED_ADMISSION;
      const admission = new StoreAdmissionControl(tail, {
        clock,
        limitsOf,
        worker: configuration.workerId,
        onBeat: health.loop('admission'),
      });
      health.addReadiness('admission', () => admission.readiness());
      const help = 'Upgrades held back until their Lagoon core has room';
      metrics.gauge({ name: 'upgrades_waiting_for_admission', help }, () => admission.waiting);
      return admission;
    },
  };
}
