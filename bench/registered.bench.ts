import type { BenchContext, Benchmark, Row } from './benchmark';
import { writeRegistrations } from './load';
import { costAndRateRows } from './pipeline/load-rows';
import type { Pipeline } from './pipeline/pipeline-stack';
import { instantLagoon, withPipeline } from './pipeline/pipeline-stack';
import { upgradeLoad } from './pipeline/upgrade-load';
import { cpuSecondsOf, processRows } from './report/process-rows';

const WARM_UP = 1_000;
const UPGRADED = 1_000;
const COST_AIM = { lessThan: 1.1 };

/** What an upgrade costs beside few registered instances, and beside many. */
export const registeredBench: Benchmark = (context) =>
  withPipeline(instantLagoon(context.options), async (pipeline) => {
    const { say, options } = context;
    say(`warming up with ${WARM_UP} upgrades`);
    await upgradeLoad(pipeline, { instances: WARM_UP });
    const rows: Row[] = [];
    const costs: number[] = [];
    let registered = WARM_UP;
    for (const wanted of options.registered.toSorted((one, other) => one - other)) {
      await registerMore(context, pipeline, wanted - registered);
      registered = Math.max(registered, wanted) + UPGRADED;
      const { cost, ofFleet } = await upgraded(context, pipeline, wanted);
      costs.push(cost);
      rows.push(...ofFleet);
    }
    const value = (costs.at(-1) ?? NaN) / (costs[0] ?? NaN);
    const figure = { value, unit: '× the cost beside the fewest', aim: COST_AIM };
    const section = 'cost beside registered instances';
    return [...rows, { section, measure: 'most against fewest', figures: [figure] }];
  });

/** Straight into the store: only that they are there counts. */
async function registerMore({ say }: BenchContext, pipeline: Pipeline, count: number) {
  if (count <= 0) return;
  say(`registering ${count} more`);
  const { store, client } = pipeline;
  await writeRegistrations(store, Math.max(0, count));
  await client.seesUpTo((await store.lastPosition()) ?? 0n);
}

async function upgraded({ say }: BenchContext, pipeline: Pipeline, registered: number) {
  const beside = registered.toLocaleString('en-US');
  say(`${UPGRADED} upgrades beside ${beside} registered instances`);
  const section = `upgrades beside ${beside} instances`;
  const result = await upgradeLoad(pipeline, { instances: UPGRADED });
  const { use, upgrades } = result;
  return {
    cost: cpuSecondsOf(use) / upgrades.length,
    ofFleet: [
      ...costAndRateRows(section, result),
      ...processRows(use, { section, pieces: upgrades.length, piece: 'upgrade' }),
    ],
  };
}
