import type { Installation } from '../tools/stack/src';
import { INSTALLATIONS, readArguments, UsageError } from '../tools/stack/src';

const BENCHMARK_NAMES = [
  'store',
  'relay',
  'rebuild',
  'pipeline',
  'lagoon-requests',
  'in-flight',
  'registered',
  'start',
  'history',
] as const;
const MODES = Object.keys(INSTALLATIONS) as Installation[];
export type BenchmarkName = (typeof BENCHMARK_NAMES)[number];

export const USAGE = `npm run bench -- [names] [options]

Measures Uplift and prints a table. Every server and service is a process of its own.

  --only <names>        benchmarks, with commas between: ${BENCHMARK_NAMES.join(', ')}
  --mode <names>        how Uplift is divided into processes in pipeline: ${MODES.join(', ')}
  --instances <n,n>     sizes of the fleets that are upgraded (3000)
  --in-flight <n>       upgrades that are under way at once in in-flight (20000)
  --registered <n,n>    instances that are registered beside those of registered (1000,10000)
  --history <n,n>       events in the store when services start in start (100000)
  --events <n>          events that are read, relayed and projected (50000)
  --runs <n>            runs of each; the table shows the median (1)
  --poll-interval <ms>  pause between two polls of a deployment (5)
  --profile <names>     processes that write a CPU profile
  --store <address>     an event store that you have; env:NAME reads it from a variable
  --use-existing        also a store that an installation of Uplift lives in
  --node <version>      another Node for the bench and all that it starts: a binary's path, or a version
  --help                print this

bench/README.md says how to read the table.`;

export interface BenchOptions {
  readonly only: readonly BenchmarkName[];
  /** How Uplift is divided into processes in the pipeline, one after the other. */
  readonly modes: readonly Installation[];
  /** Sizes of the fleets that are upgraded. */
  readonly instances: readonly number[];
  /** Upgrades that are under way at once in `in-flight`. */
  readonly inFlight: number;
  /** Instances that are registered beside those that `registered` upgrades. */
  readonly registered: readonly number[];
  /** Events in the store, one after the other, when services start in `start`. */
  readonly histories: readonly number[];
  /** Events that relay and rebuild work through. */
  readonly events: number;
  /** How often each benchmark runs; the table shows the median. */
  readonly runs: number;
  /** Pause between two polls of a deployment, in milliseconds. */
  readonly pollIntervalMs: number;
  /** `--store` as it was given; null: the embedded event store. */
  readonly store: string | null;
  /** Whether a store is taken that an installation of Uplift lives in. */
  readonly useExisting: boolean;
  /** Processes of the pipeline that write a CPU profile beside the results. */
  readonly profile: readonly string[];
}

/** Throws UsageError with one clear sentence on anything it does not know. */
export function benchOptions(args: string[]): BenchOptions {
  const { values, positionals } = readArguments({
    args,
    allowPositionals: true,
    options: {
      only: { type: 'string', default: BENCHMARK_NAMES.join(',') },
      mode: { type: 'string', default: MODES.join(',') },
      instances: { type: 'string', default: '3000' },
      'in-flight': { type: 'string', default: '20000' },
      registered: { type: 'string', default: '1000,10000' },
      history: { type: 'string', default: '100000' },
      events: { type: 'string', default: '50000' },
      runs: { type: 'string', default: '1' },
      'poll-interval': { type: 'string', default: '5' },
      profile: { type: 'string', default: '' },
      store: { type: 'string' },
      'use-existing': { type: 'boolean', default: false },
    },
  });
  return {
    only: (positionals.length > 0 ? positionals : values.only.split(',')).map(benchmarkName),
    modes: values.mode.split(',').map(mode),
    instances: values.instances.split(',').map((text) => wholeNumber('--instances', text, 100_000)),
    inFlight: wholeNumber('--in-flight', values['in-flight'], 200_000),
    registered: values.registered
      .split(',')
      .map((text) => wholeNumber('--registered', text, 1_000_000)),
    histories: values.history.split(',').map((text) => wholeNumber('--history', text, 20_000_000)),
    events: wholeNumber('--events', values.events, 5_000_000),
    runs: wholeNumber('--runs', values.runs, 100),
    store: values.store ?? null,
    useExisting: values['use-existing'],
    pollIntervalMs: wholeNumber('--poll-interval', values['poll-interval'], 60_000),
    profile: values.profile.split(',').filter((name) => name !== ''),
  };
}

const benchmarkName = oneOf('--only', BENCHMARK_NAMES);
const mode = oneOf('--mode', MODES);

function oneOf<T extends string>(option: string, known: readonly T[]): (text: string) => T {
  return (text) => {
    const value = known.find((each) => each === text);
    if (value !== undefined) return value;
    throw new UsageError(`${option} wants some of ${known.join(', ')}, not "${text}"`);
  };
}

function wholeNumber(option: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new UsageError(`${option} wants whole numbers from 1 to ${most}, not "${text}"`);
}
