import type { BenchContext, Benchmark, Row } from '../benchmark';
import { withParts } from '../pipeline/pipeline-stack';
import type { PipelineParts } from '../pipeline/upgrade-load';
import { upgradeLoad } from '../pipeline/upgrade-load';
import { buildSpans } from './build-spans';
import { computedPolling, measuredPolling } from './instance-polling';
import { requestRows } from './request-rows';
import { fasterSettings, SPEED } from './simulated-time';
import { SimulatorLedger } from './simulator-ledger';

/** Builds that are polled one by one, for comparison. */
const POLLED_ALONE = 100;

/** What upgrades cost Lagoon, beside a poll of each instance by itself. */
export const lagoonRequestsBench: Benchmark = {
  name: 'lagoon-requests',
  run: (context) =>
    withParts(
      {
        simulator: { UPLIFT_SIMULATOR_CLOCK_SPEED: String(SPEED) },
        env: { ...fasterSettings(), UPLIFT_LOG_LEVEL: 'warn' },
      },
      async (parts) => {
        const rows: Row[] = [];
        for (const instances of context.options.instances) {
          rows.push(...(await fleetRows(context, parts, instances)));
        }
        return rows;
      },
    ),
};

async function fleetRows(
  { say }: BenchContext,
  parts: PipelineParts,
  instances: number,
): Promise<Row[]> {
  const section = `Lagoon requests, ${instances.toLocaleString('en-US')} upgrades`;
  const { stack, store } = parts;
  const url = stack.url('lagoon');
  const ledger = new SimulatorLedger(url);
  say(`${instances} upgrades with builds of 8 minutes, ${SPEED} times as fast`);
  const before = (await store.lastPosition()) ?? 0n;
  await ledger.clear();
  const { upgrades } = await upgradeLoad(parts, { instances });
  const rows = requestRows(section, await ledger.page(), upgrades);
  const computed = computedPolling(await buildSpans(store, before));
  const sample = Math.min(instances, POLLED_ALONE);
  say(`${sample} builds polled one by one, every 15 s`);
  const measured = await measuredPolling(url, ledger, sample);
  const figures = [
    { value: computed, unit: 'per upgrade, computed' },
    { value: measured, unit: `per build, measured with ${sample}` },
  ];
  return [...rows, { section, measure: 'polls of each instance every 15 s', figures }];
}
