import { errorMessage, redactText } from '@uplift/runtime';
import pc from 'picocolors';
import {
  GivenStoreError,
  openGivenStore,
  shownStore,
  storeArgument,
} from '../tools/given-store/src';
import type { BenchmarkName, BenchOptions } from './bench.options';
import { asksForHelp, unusedSettings, UsageError } from '../tools/stack/src';
import { benchOptions, USAGE } from './bench.options';
import { useStore } from './bench-stack';
import type { BenchContext, Benchmark, Row } from './benchmark';
import { historyBench } from './history.bench';
import { inFlightBench } from './in-flight/in-flight.bench';
import { lagoonRequestsBench } from './lagoon-requests/lagoon-requests.bench';
import { pipelineBench } from './pipeline/pipeline.bench';
import { rebuildBench } from './rebuild.bench';
import { registeredBench } from './registered.bench';
import { relayBench } from './relay.bench';
import { medianRows, resultTable } from './report/result-table';
import { machineFacts, writeResults } from './report/results-file';
import { startBench } from './start.bench';
import { storeBench } from './store.bench';

const BENCHMARKS: Readonly<Record<BenchmarkName, Benchmark>> = {
  store: storeBench,
  relay: relayBench,
  rebuild: rebuildBench,
  pipeline: pipelineBench,
  'lagoon-requests': lagoonRequestsBench,
  'in-flight': inFlightBench,
  registered: registeredBench,
  start: startBench,
  history: historyBench,
};

async function main(args: string[]): Promise<void> {
  if (asksForHelp(args)) {
    console.log(USAGE);
    return;
  }
  const given = benchOptions(args);
  const options = { ...given, store: await prepareStore(given) };
  const startedAt = new Date().toISOString();
  const machine = machineFacts();
  const say = (words: string) => process.stderr.write(pc.dim(`${words}\n`));
  unusedSettings().forEach(say);
  const runs = await runAll({ options, say });
  const summary = medianRows(runs);
  console.log(resultTable(summary, machine.node));
  const { cpu, cores, fileSystem, loadAverageAtStart: load } = machine;
  console.log(`${cores} × ${cpu}, ${fileSystem}, load at start ${load.toFixed(2)}`);
  console.log(await writeResults({ startedAt, machine, options, summary, runs }));
}

/** Returns what may be shown of the store. */
async function prepareStore({ store, useExisting }: BenchOptions): Promise<string | null> {
  if (store === null) return null;
  const connectionString = storeArgument(store);
  const { version } = await openGivenStore(connectionString, { useExisting });
  const shown = `${version} at ${shownStore(connectionString)}`;
  console.log(`Event store: ${shown}; histories of made-up instances stay in it`);
  useStore(connectionString);
  return shown;
}

async function runAll({ options, say }: BenchContext): Promise<(readonly Row[])[]> {
  const results: (readonly Row[])[] = [];
  for (const name of options.only) {
    for (let run = 1; run <= options.runs; run += 1) {
      const tell = (words: string) => say(`${name} ${run}/${options.runs}: ${words}`);
      results.push(await BENCHMARKS[name]({ options, say: tell }));
    }
  }
  return results;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(pc.red(`bench: ${redactText(errorMessage(error))}`));
  const isTold = error instanceof UsageError || error instanceof GivenStoreError;
  process.exitCode = isTold ? error.exitCode : 1;
});
