import type { Aim, Row } from '../benchmark';
import { coresRow } from '../report/cpu-meter';
import { latencyRow } from '../report/latency-row';
import { processRows } from '../report/process-rows';
import type { LoadResult, UpgradeTimes } from './upgrade-load';

export interface LoadAims {
  readonly rate?: Aim;
  readonly latency?: Aim;
}

/** What one load showed. Throws when an upgrade has no end in the store. */
export function loadRows(section: string, result: LoadResult, aims: LoadAims): Row[] {
  const { upgrades, use } = result;
  const latencies = upgrades.map((upgrade) => endOf(upgrade) - upgrade.sentAt);
  const latency = aims.latency ? { aim: aims.latency } : {};
  return [
    rateRow(section, result, aims.rate),
    latencyRow({ section, measure: 'command sent → healthy', latencies, ...latency }),
    costRow(section, result),
    ...processRows(use, { section, pieces: upgrades.length, piece: 'upgrade' }),
    coresRow(section, use),
  ];
}

function rateRow(section: string, { upgrades, untilShown }: LoadResult, aim?: Aim): Row {
  const first = Math.min(...upgrades.map(({ sentAt }) => sentAt));
  const seconds = (Math.max(...upgrades.map(endOf)) - first) / 1_000;
  const rate = { value: upgrades.length / seconds, unit: 'upgrades/s' };
  return {
    section,
    measure: 'first command → last healthy',
    figures: [
      aim ? { ...rate, aim } : rate,
      { value: seconds, unit: 's' },
      { value: untilShown, unit: 's until all in the read model' },
    ],
  };
}

function costRow(section: string, { upgrades, use, ...result }: LoadResult): Row {
  const cpu = use.readings.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  const events = upgrades.reduce((sum, upgrade) => sum + upgrade.events.length, 0);
  return {
    section,
    measure: 'per upgrade',
    figures: [
      { value: (cpu * 1_000) / upgrades.length, unit: 'ms CPU in all' },
      { value: events / upgrades.length, unit: 'events' },
      { value: result.lagoonRequests / upgrades.length, unit: 'Lagoon requests' },
    ],
  };
}

function endOf({ events }: UpgradeTimes): number {
  const end = events.find(({ type }) => type === 'InstanceVerifiedHealthy');
  if (!end) throw new Error('An upgrade has no end in the store');
  return end.at;
}
