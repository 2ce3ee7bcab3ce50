import type { Provider } from '@nestjs/common';
import { AllTail, EventStore, SystemHistory } from '@uplift/event-store';
import { LagoonCores } from '@uplift/lagoon';
import { AdmissionControl } from '../admission/admission-control';
import { isLimited } from '../admission/core-limits';
import { StartGate } from '../admission/start-gate';
import { nameFrom, StartsSwitch } from '../admission/starts-switch';
import type { StageRuntime } from '../stage-workers.settings';

const SERVICE = 'stage-workers';

/** What lets attempts begin, for every stage that begins some. */
export function admissionProviders(runtime: StageRuntime): Provider[] {
  const { clock, health, metrics } = runtime;
  return [
    {
      provide: StartsSwitch,
      inject: [EventStore, LagoonCores],
      useFactory: (store: EventStore, cores: LagoonCores) => {
        const history = new SystemHistory(store, SERVICE);
        return new StartsSwitch(() => history.view(), nameFrom(cores));
      },
    },
    {
      provide: AdmissionControl,
      inject: [AllTail, LagoonCores, StartsSwitch],
      useFactory: (tail: AllTail, cores: LagoonCores, starts: StartsSwitch) => {
        const isAnyLimited = cores.names.some((name) => isLimited(cores.of(name)));
        const onBeat = health.loop('admission');
        const options = { clock, cores, starts, onBeat };
        const admission = new AdmissionControl(isAnyLimited ? tail : null, options);
        health.addReadiness('admission', () => admission.readiness());
        const help = 'Upgrades held back until starts are allowed and their Lagoon core has room';
        metrics.gauge({ name: 'upgrades_waiting_for_admission', help }, () => admission.waiting);
        return admission;
      },
    },
    {
      provide: StartGate,
      inject: [AdmissionControl, StartsSwitch],
      useFactory: (admission: AdmissionControl, starts: StartsSwitch) =>
        new StartGate(admission, starts, clock),
    },
  ];
}
