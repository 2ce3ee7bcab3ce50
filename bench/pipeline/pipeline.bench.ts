import type { Installation } from '../../tools/stack/src';
import { INSTALLATIONS } from '../../tools/stack/src';
import type { BenchContext, Benchmark, Row } from '../benchmark';
import { costAndRateRows, loadRows, stepRows } from './load-rows';
import type { Pipeline } from './pipeline-stack';
import { instantLagoon, withPipeline } from './pipeline-stack';
import { upgradeLoad } from './upgrade-load';

/** While these run, Node compiles what is used most. */
const WARM_UP = 1_000;
const UNLOADED = 100;
const IN_FLIGHT = 64;
const MOST_IN_STEADY_LOAD = 1_000;

const RATE_AIM = { atLeast: 150 };
const UNLOADED_AIM = { lessThan: 40 };

const TITLES: Readonly<Record<Installation, string>> = {
  separate: 'separate processes',
  all: 'one stages process',
};

interface PipelineRun extends BenchContext {
  readonly pipeline: Pipeline;
  readonly title: string;
}

/** From commands on the bus to verified instances, through real processes, divided in one way or another. */
export const pipelineBench: Benchmark = async (context) => {
  const rows: Row[] = [];
  for (const mode of context.options.modes) {
    const stack = { ...instantLagoon(context.options), services: INSTALLATIONS[mode] };
    const title = TITLES[mode];
    const say = (words: string) => context.say(`${title}: ${words}`);
    const work = (pipeline: Pipeline) => allLoads({ ...context, pipeline, title, say });
    rows.push(...(await withPipeline(stack, work)));
  }
  return rows;
};

async function allLoads(run: PipelineRun): Promise<Row[]> {
  const rows = [...(await warmUp(run)), ...(await unloaded(run)), ...(await steady(run))];
  for (const instances of run.options.instances) rows.push(...(await burst(run, instances)));
  return rows;
}

async function warmUp({ say, pipeline, title }: PipelineRun): Promise<Row[]> {
  say(`warming up with ${WARM_UP} upgrades`);
  const result = await upgradeLoad(pipeline, { instances: WARM_UP });
  return costAndRateRows(`${title}, not warm: the first ${thousands(WARM_UP)} at once`, result);
}

async function unloaded({ say, pipeline, title }: PipelineRun): Promise<Row[]> {
  say(`${UNLOADED} upgrades, one at a time`);
  const section = `${title}, one at a time`;
  const result = await upgradeLoad(pipeline, { instances: UNLOADED, atOnce: 1 });
  const rows = loadRows(section, result, { latency: UNLOADED_AIM });
  return [...rows, ...stepRows(section, result.upgrades)];
}

async function steady({ say, options, pipeline, title }: PipelineRun): Promise<Row[]> {
  const instances = Math.min(MOST_IN_STEADY_LOAD, Math.max(...options.instances));
  say(`${instances} upgrades, ${IN_FLIGHT} at a time`);
  const result = await upgradeLoad(pipeline, { instances, atOnce: IN_FLIGHT });
  return loadRows(`${title}, ${IN_FLIGHT} at a time`, result, {});
}

async function burst({ say, pipeline, title }: PipelineRun, instances: number): Promise<Row[]> {
  say(`${instances} upgrades, all at once`);
  const section = `${title}, ${thousands(instances)} at once`;
  const result = await upgradeLoad(pipeline, { instances });
  const registrations = [{ value: result.registrationsPerSecond, unit: 'registrations/s' }];
  return [
    ...loadRows(section, result, { rate: RATE_AIM }),
    { section, measure: 'registering the fleet', figures: registrations },
  ];
}

const thousands = (count: number) => count.toLocaleString('en-US');
