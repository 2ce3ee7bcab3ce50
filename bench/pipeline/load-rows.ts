import type { Aim, Row } from '../benchmark';
import { latencyRow } from '../report/latency-row';
import { cpuSecondsByKind, cpuSecondsOf, processRows } from '../report/process-rows';
import type { LoadResult, LoadedUpgrade } from './upgrade-load';
import { timeOf } from './upgrade-load';

interface LoadAims {
  readonly rate?: Aim;
  readonly latency?: Aim;
}

/** What one load showed. Throws when an upgrade has no end in the store. */
export function loadRows(section: string, result: LoadResult, aims: LoadAims): Row[] {
  const { upgrades, use } = result;
  const latencies = upgrades.map((upgrade) => endOf(upgrade) - upgrade.sentAt);
  return [
    ...costAndRateRows(section, result, aims.rate),
    latencyRow({ section, measure: 'command sent → healthy', latencies, aim: aims.latency }),
    contentRow(section, result),
    ...processRows(use, { section, pieces: upgrades.length, piece: 'upgrade' }),
  ];
}

/** The cost first: it is the least noisy figure. */
export function costAndRateRows(section: string, result: LoadResult, rate?: Aim): Row[] {
  return [costRow(section, result), rateRow(section, result, rate)];
}

/** Where the time of one upgrade goes: how long after what came before it each event was recorded. */
export function stepRows(section: string, upgrades: readonly LoadedUpgrade[]): Row[] {
  const waits = new Map<string, number[]>();
  for (const { sentAt, events } of upgrades) {
    let before = sentAt;
    for (const { type, recordedAt } of events) {
      const at = Date.parse(recordedAt);
      waits.set(type, [...(waits.get(type) ?? []), at - before]);
      before = at;
    }
  }
  return [...waits].map(([type, latencies]) =>
    latencyRow({ section, measure: `→ ${type}`, latencies }),
  );
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

function costRow(section: string, { upgrades, use }: LoadResult): Row {
  const perUpgrade = (cpuSeconds: number) => (cpuSeconds * 1_000) / upgrades.length;
  const { services, servers, client } = cpuSecondsByKind(use);
  return {
    section,
    measure: 'CPU per upgrade',
    figures: [
      { value: perUpgrade(cpuSecondsOf(use)), unit: 'ms in all' },
      { value: perUpgrade(services), unit: 'services' },
      { value: perUpgrade(servers), unit: 'servers' },
      { value: perUpgrade(client), unit: 'client' },
    ],
  };
}

function contentRow(section: string, { upgrades, lagoonRequests }: LoadResult): Row {
  const events = upgrades.reduce((sum, upgrade) => sum + upgrade.events.length, 0);
  return {
    section,
    measure: 'per upgrade',
    figures: [
      { value: events / upgrades.length, unit: 'events' },
      { value: lagoonRequests / upgrades.length, unit: 'Lagoon requests' },
    ],
  };
}

const endOf = (upgrade: LoadedUpgrade) => timeOf(upgrade, 'InstanceVerifiedHealthy');
