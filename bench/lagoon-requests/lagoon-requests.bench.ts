import type { BenchContext, Benchmark, Row } from '../benchmark';
import type { Pipeline } from '../pipeline/pipeline-stack';
import { withPipeline } from '../pipeline/pipeline-stack';
import { upgradeLoad } from '../pipeline/upgrade-load';
import { computedPolling, measuredPolling, SPEED } from './instance-polling';
import { requestRows } from './request-rows';

/** Builds that are polled one by one, for comparison. */
const POLLED_ALONE = 100;

const REAL_SETTINGS_MS = {
  UPLIFT_POLL_EARLY_INTERVAL_MS: 30_000,
  UPLIFT_POLL_EARLY_FOR_MS: 120_000,
  UPLIFT_POLL_INTERVAL_MS: 60_000,
  UPLIFT_POLL_QUEUED_INTERVAL_MS: 180_000,
  UPLIFT_PROBE_INTERVAL_MS: 15_000,
};

/** What upgrades cost Lagoon, beside a poll of each instance by itself. */
export const lagoonRequestsBench: Benchmark = (context) =>
  withPipeline(
    {
      simulator: { UPLIFT_SIMULATOR_CLOCK_SPEED: String(SPEED) },
      env: { ...fasterSettings(), UPLIFT_LOG_LEVEL: 'warn' },
    },
    async (pipeline) => {
      const rows: Row[] = [];
      for (const instances of context.options.instances) {
        rows.push(...(await fleetRows(context, pipeline, instances)));
      }
      return rows;
    },
  );

/** Settings of the services as they are by default, as much faster as Lagoon's clock. */
function fasterSettings(): Record<string, string> {
  const entries = Object.entries(REAL_SETTINGS_MS);
  return Object.fromEntries(entries.map(([name, ms]) => [name, String(ms / SPEED)]));
}

async function fleetRows(
  { say }: BenchContext,
  pipeline: Pipeline,
  instances: number,
): Promise<Row[]> {
  const section = `Lagoon requests, ${instances.toLocaleString('en-US')} upgrades`;
  const { stack, lagoon } = pipeline;
  say(`${instances} upgrades with builds of 8 minutes, ${SPEED} times as fast`);
  await lagoon.clearLedger();
  const { upgrades } = await upgradeLoad(pipeline, { instances });
  const rows = requestRows(section, await lagoon.ledger(), upgrades);
  const computed = computedPolling(upgrades);
  const sample = Math.min(instances, POLLED_ALONE);
  say(`${sample} builds polled one by one, every 15 s`);
  const measured = await measuredPolling(stack.url('lagoon'), lagoon, sample);
  const figures = [
    { value: computed, unit: 'per upgrade, computed' },
    { value: measured, unit: `per build, measured with ${sample}` },
  ];
  return [...rows, { section, measure: 'polls of each instance every 15 s', figures }];
}
