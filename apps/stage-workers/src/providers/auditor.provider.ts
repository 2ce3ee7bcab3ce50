import { hostname } from 'node:os';
import type { Provider } from '@nestjs/common';
import { BusConnection } from '@uplift/bus';
import type { Actor } from '@uplift/contracts';
import { EVENTS_STREAM, FINDINGS_STREAM } from '@uplift/contracts';
import { findingsDecider } from '@uplift/domain';
import { AllTail, EsdbEventStore, StreamHistory, SystemCommandHandler } from '@uplift/event-store';
import type { EventStore } from '@uplift/event-store';
import type { Metrics } from '@uplift/runtime';
import { Auditor } from '../auditor/auditor';
import type { Condition } from '../auditor/auditor';
import { FindingRecorder } from '../auditor/finding-recorder';
import type { StageRuntime } from '../stage-workers.settings';
import type { StoreClock } from '../store/event-clock';
import type { WatchdogView } from '../stages/watchdog/watchdog';

export interface AuditorPlace {
  readonly runtime: StageRuntime;
  readonly writer: Actor;
  readonly service: string;
  /** Token of what the watchdog knows. */
  readonly known: string;
}

/** Token of a connection of its own: it delays nobody's appends, and tells also of a store that nobody appends to. */
export const AUDITED_STORE = 'audited event store';

export function auditorProviders(place: AuditorPlace): Provider[] {
  const { eventStoreUrl: connectionString } = place.runtime.configuration;
  return [
    {
      provide: AUDITED_STORE,
      useFactory: () => new EsdbEventStore({ connectionString }),
    },
    auditorProvider(place),
  ];
}

function auditorProvider(place: AuditorPlace): Provider {
  return {
    provide: Auditor,
    inject: [BusConnection, AllTail, place.known, AUDITED_STORE],
    useFactory: (
      bus: BusConnection,
      tail: AllTail,
      { storeClock }: WatchdogView,
      store: EventStore,
    ) => {
      const { runtime, service } = place;
      const { workerId } = runtime.configuration;
      const recorder = recorderOf(place, store);
      measure(runtime.metrics, recorder);
      const conditions = [clocksDiffer(storeClock, { service, workerId }), streamIsOtherwise(bus)];
      return new Auditor({ store, bus, tail }, recorder, conditions, optionsIn(runtime));
    },
  };
}

function recorderOf({ runtime, writer, service }: AuditorPlace, store: EventStore) {
  const streams = new StreamHistory(store, service, 'system', findingsDecider);
  const commands = new SystemCommandHandler(FINDINGS_STREAM, streams, runtime);
  return new FindingRecorder({ commands, actor: writer, ...runtime });
}

function optionsIn({ configuration, clock, randomness, logger, health }: StageRuntime) {
  return {
    intervalMs: configuration.auditIntervalMs,
    wholeMs: configuration.auditWholeMs,
    newest: configuration.auditNewest,
    sharePercent: Math.min(100, configuration.auditSharePercent),
    ...{ clock, randomness, logger },
    onBeat: health.loop('auditor'),
  };
}

export function clocksDiffer(storeClock: StoreClock, place: ClockPlace): Condition {
  return {
    kind: 'clock-skew',
    subject: clockPlaceName(place),
    scope: 'process',
    ended: 'the clocks agree again',
    look: () => {
      if (storeClock.isTrusted) return Promise.resolve(null);
      const differenceMs = Math.round(storeClock.differenceMs);
      const detail = `The clock of this process and the store's differ by ${Math.round(differenceMs / 1000)} s: no deadline is judged`;
      return Promise.resolve({ detail, evidence: { differenceMs } });
    },
  };
}

export interface ClockPlace {
  readonly service: string;
  readonly workerId: string;
}

/** The next process there closes what one that is gone has told: without a name of its own, the host stands for it. */
function clockPlaceName({ service, workerId }: ClockPlace): string {
  const host = hostname();
  return `${service}/${workerId === `${host}-${process.pid}` ? host : workerId}`;
}

/** What a relay puts back within seconds is no finding. */
function streamIsOtherwise(bus: BusConnection): Condition {
  let before: readonly string[] = [];
  return {
    kind: 'bus-settings',
    subject: EVENTS_STREAM,
    scope: 'fleet',
    ended: 'the settings are as they must be again',
    look: async () => {
      const now = await bus.streamFaults();
      const settings = now.filter((setting) => before.includes(setting)).join(', ');
      before = now;
      if (settings === '') return now.length === 0 ? null : undefined;
      const detail = `The stream of the bus is not as it must be, and no relay puts it back: ${settings}`;
      return { detail, evidence: { settings } };
    },
  };
}

function measure(metrics: Metrics, recorder: FindingRecorder): void {
  const help = 'Findings that nobody has closed';
  metrics.gaugeBy({ name: 'findings', help, labels: ['kind'] }, () =>
    [...recorder.openByKind].map(([kind, count]) => [{ kind }, count] as const),
  );
}
