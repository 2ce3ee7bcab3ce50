import type { BenchContext, Benchmark, Row } from '../benchmark';
import { loadRows, stepRows } from './load-rows';
import type { Pipeline } from './pipeline-stack';
import { instantLagoon, withPipeline } from './pipeline-stack';
import { upgradeLoad } from './upgrade-load';

const WARM_UP = 300;
const UNLOADED = 100;
const IN_FLIGHT = 64;
const MOST_IN_STEADY_LOAD = 1_000;

const RATE_AIM = { atLeast: 150 };
const UNLOADED_AIM = { lessThan: 40 };

/** From commands on the bus to verified instances, through every service as a process of its own. */
export const pipelineBench: Benchmark = (context) =>
  withPipeline(instantLagoon(context.options), async (pipeline) => {
    const { say, options } = context;
    say(`warming up with ${WARM_UP} upgrades`);
    await upgradeLoad(pipeline, { instances: WARM_UP });
    const rows = [...(await unloaded(context, pipeline)), ...(await steady(context, pipeline))];
    for (const instances of options.instances) {
      rows.push(...(await burst(context, pipeline, instances)));
    }
    return rows;
  });

async function unloaded({ say }: BenchContext, pipeline: Pipeline): Promise<Row[]> {
  say(`${UNLOADED} upgrades, one at a time`);
  const section = 'pipeline, one at a time';
  const result = await upgradeLoad(pipeline, { instances: UNLOADED, atOnce: 1 });
  const rows = loadRows(section, result, { latency: UNLOADED_AIM });
  return [...rows, ...stepRows(section, result.upgrades)];
}

async function steady({ say, options }: BenchContext, pipeline: Pipeline): Promise<Row[]> {
  const instances = Math.min(MOST_IN_STEADY_LOAD, Math.max(...options.instances));
  say(`${instances} upgrades, ${IN_FLIGHT} at a time`);
  const result = await upgradeLoad(pipeline, { instances, atOnce: IN_FLIGHT });
  return loadRows(`pipeline, ${IN_FLIGHT} at a time`, result, {});
}

async function burst({ say }: BenchContext, pipeline: Pipeline, instances: number): Promise<Row[]> {
  say(`${instances} upgrades, all at once`);
  const section = `pipeline, ${instances.toLocaleString('en-US')} at once`;
  const result = await upgradeLoad(pipeline, { instances });
  const registrations = [{ value: result.registrationsPerSecond, unit: 'registrations/s' }];
  return [
    { section, measure: 'registering the fleet', figures: registrations },
    ...loadRows(section, result, { rate: RATE_AIM }),
  ];
}
