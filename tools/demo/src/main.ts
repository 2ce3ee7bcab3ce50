import { once } from 'node:events';
import pc from 'picocolors';
import { Stack } from '../../stack/src';
import { runDemo } from './demo';
import type { DemoOptions } from './demo.options';
import { demoOptions } from './demo.options';
import { demoFolder, hintsFor } from './how-to-go-on';

/** A build of eight simulated minutes takes a few seconds. */
const SIMULATOR = { UPLIFT_SIMULATOR_CLOCK_SPEED: '120' };

const SETTINGS = {
  UPLIFT_POLL_INTERVAL_MS: '500',
  UPLIFT_TASK_POLL_INTERVAL_MS: '250',
  UPLIFT_PROBE_INTERVAL_MS: '250',
  UPLIFT_LOG_LEVEL: 'info',
};

async function main(options: DemoOptions): Promise<number> {
  const stop = new AbortController();
  ['SIGINT', 'SIGTERM'].forEach((signal) => process.once(signal, () => stop.abort()));
  const dir = await demoFolder();
  const startedAt = performance.now();
  console.log('Starting event store, NATS, PostgreSQL, Lagoon simulator and eight services…');
  const stack = await Stack.start({ dir, simulator: SIMULATOR, env: SETTINGS });
  try {
    console.log(
      `Up after ${seconds(startedAt)} s: ${stack.parts.length} processes, logs in ${dir}/logs`,
    );
    stack.parts.flatMap(({ about }) => about ?? []).forEach((line) => console.log(line));
    const broken = await runDemo(stack, options, stop.signal);
    console.log(hintsFor(stack, options));
    if (options.keep && !stop.signal.aborted) await once(stop.signal, 'abort');
    return conclusion(broken, seconds(startedAt));
  } finally {
    await stack.stop();
  }
}

function conclusion(broken: readonly string[], took: string): number {
  broken.forEach((line) => console.log(pc.red(`✗ ${line}`)));
  if (broken.length === 0) console.log(pc.green(`\n✓ Everything held, in ${took} s.`));
  return broken.length === 0 ? 0 : 1;
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}

async function run(): Promise<void> {
  try {
    process.exitCode = await main(demoOptions(process.argv.slice(2)));
  } catch (error) {
    console.error(pc.red(`demo: ${error instanceof Error ? error.message : String(error)}`));
    process.exitCode = 1;
  }
}

void run();
