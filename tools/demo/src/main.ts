import { once } from 'node:events';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pc from 'picocolors';
import { errorMessage, redactText } from '@uplift/runtime';
import { busSettings, GivenBusError, shownBus } from '../../given-bus/src';
import { GivenStoreError, openGivenStore, shownStore } from '../../given-store/src';
import { asksForHelp, mintRootToken, Stack, unusedSettings, UsageError } from '../../stack/src';
import type { DemoOptions, DemoStack } from './demo';
import { demoOptions, runDemo, USAGE } from './demo';

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
  unusedSettings().forEach((line) => console.log(line));
  const given = await givenServers(options);
  console.log(
    `Starting ${options.store ? '' : 'event store, '}${options.bus ? '' : 'NATS, '}PostgreSQL, Lagoon simulator and eight services…`,
  );
  const { token, env } = mintRootToken();
  const settings = { ...SETTINGS, ...env };
  const stack = await Stack.start({ dir, simulator: SIMULATOR, env: settings, ...given });
  try {
    console.log(
      `Up after ${seconds(startedAt)} s: ${stack.parts.length} processes, logs in ${dir}/logs`,
    );
    stack.parts.flatMap(({ about }) => about ?? []).forEach((line) => console.log(line));
    const unexpected = await runDemo({ stack, token }, options, stop.signal);
    console.log(nextSteps({ stack, token }, options));
    if (options.keep && !stop.signal.aborted) await once(stop.signal, 'abort');
    return conclusion(unexpected, seconds(startedAt));
  } finally {
    await stack.stop();
  }
}

/** What somebody else runs, looked at before anything is started. */
async function givenServers({ store, bus, useExisting }: DemoOptions) {
  if (store !== null) {
    const { version } = await openGivenStore(store, { useExisting });
    console.log(`Event store: ${version} at ${shownStore(store)}; the histories stay in it`);
  }
  if (bus !== null) console.log(`NATS: ${shownBus(bus)}; the stream of events stays on it`);
  return {
    ...(store === null ? {} : { store }),
    ...(bus === null ? {} : { bus: busSettings(bus) }),
  };
}

/** Stays after the demo. Open to read, because PostgreSQL runs under an account of its own. */
async function demoFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'uplift-demo-'));
  await chmod(folder, 0o755);
  return folder;
}

/** Where the data lies, and what one may type next. */
function nextSteps({ stack, token }: DemoStack, { keep, store, bus }: DemoOptions): string {
  const files = `\nData and logs: ${stack.dir}`;
  if (!keep) return `${files}\nTo keep the stack running: npm run demo -- --keep`;
  const isGiven: Readonly<Record<string, boolean>> = {
    UPLIFT_EVENTSTORE_URL: store !== null,
    UPLIFT_NATS_URL: bus !== null,
  };
  const names = ['EVENTSTORE', 'NATS', 'POSTGRES', 'LAGOON'].map((part) => `UPLIFT_${part}_URL`);
  const settings = names.map(
    (name) => `  export ${name}='${isGiven[name] ? '<what was given>' : (stack.env[name] ?? '')}'`,
  );
  return [
    files,
    'Still running; in another terminal:',
    `  export UPLIFT_API_URL='${stack.apiUrl}'`,
    `  export UPLIFT_TOKEN='${token}'`,
    ...settings,
    '  npm run --silent uplift -- instance list',
    '  npm run --silent uplift -- upgrade trigger <instance> --reason "try it" --wait',
    '  npm run --silent uplift -- audit replay <instance>',
    `API documentation: ${stack.apiUrl}/docs`,
    'Ctrl-C ends everything.',
  ].join('\n');
}

function conclusion(unexpected: readonly string[], took: string): number {
  unexpected.forEach((line) => console.log(pc.red(`✗ ${line}`)));
  if (unexpected.length > 0) return 1;
  console.log(pc.green(`\n✓ Everything was as expected, in ${took} s.`));
  return 0;
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}

const TOLD = [UsageError, GivenStoreError, GivenBusError];

async function run(args: string[]): Promise<void> {
  if (asksForHelp(args)) {
    console.log(USAGE);
    return;
  }
  try {
    process.exitCode = await main(demoOptions(args));
  } catch (error) {
    console.error(pc.red(`demo: ${redactText(errorMessage(error))}`));
    const known = TOLD.find((kind) => error instanceof kind);
    process.exitCode = known === undefined ? 1 : (error as InstanceType<typeof known>).exitCode;
  }
}

void run(process.argv.slice(2));
