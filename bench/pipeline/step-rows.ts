import type { Row } from '../benchmark';
import { latencyRow } from '../report/latency-row';
import type { UpgradeTimes } from './upgrade-load';

/** Where the time of one upgrade goes: how long after what came before it each event was recorded. */
export function stepRows(section: string, upgrades: readonly UpgradeTimes[]): Row[] {
  const waits = new Map<string, number[]>();
  for (const { sentAt, events } of upgrades) {
    let before = sentAt;
    for (const { type, at } of events) {
      waits.set(type, [...(waits.get(type) ?? []), at - before]);
      before = at;
    }
  }
  return [...waits].map(([type, latencies]) =>
    latencyRow({ section, measure: `→ ${type}`, latencies }),
  );
}
