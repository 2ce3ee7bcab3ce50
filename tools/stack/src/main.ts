import { errorMessage, runUntilStopped } from '@uplift/runtime';
import { GivenStoreError, openGivenStore, shownStore, storeArgument } from '../../given-store/src';
import { asksForHelp, UsageError } from './command-arguments';
import { describeNatsServer, natsServer } from './nats/find-nats-server';
import { postgresBinaries } from './postgres/postgres-binaries';
import { unusedSettings } from './process/uplift-environment';
import type { StackArguments } from './stack-options';
import { stackArguments, USAGE } from './stack-options';
import { mintRootToken } from './stack/root-token';
import { Stack } from './stack/stack';
import { restartOnChange } from './watch';

async function main(args: string[]): Promise<void> {
  if (asksForHelp(args)) {
    console.log(USAGE);
    return;
  }
  const given = stackArguments(args);
  if (given.installOnly) {
    for (const line of await installServers()) console.log(line);
    return;
  }
  await prepareStore(given);
  await runUntilStopped({ name: 'stack', start: () => start(given) });
}

async function prepareStore({ store, useExisting }: StackArguments): Promise<void> {
  if (store === undefined) return;
  const connectionString = storeArgument(store);
  const { version } = await openGivenStore(connectionString, { useExisting });
  const shown = shownStore(connectionString);
  console.log(`# event store: ${version} at ${shown}, not started by this stack`);
  console.log('# what is unfinished in it goes on, against the Lagoon simulator of this stack');
}

async function start({ infrastructure, services, dir, store, watch }: StackArguments) {
  unusedSettings().forEach((line) => console.log(`# ${line}`));
  const root = mintRootToken();
  const stack = await Stack.start({
    ...{ infrastructure, services, env: root.env },
    ...(dir === undefined ? {} : { dir }),
    ...(store === undefined ? {} : { store: storeArgument(store) }),
  });
  tell(stack, { token: root.token, isGiven: store !== undefined });
  return { ports: {}, stop: stopper(stack, watch) };
}

function tell(stack: Stack, { token, isGiven }: { token: string; isGiven: boolean }): void {
  for (const [name, value] of Object.entries(stack.env)) {
    const isSecret = name === 'UPLIFT_EVENTSTORE_URL' && isGiven;
    console.log(isSecret ? `# ${name} is what was given` : `${name}=${value}`);
  }
  if (stack.runningServices.some(({ name }) => name === 'command-api')) {
    console.log(`UPLIFT_API_URL=${stack.apiUrl}`);
    console.log(`UPLIFT_TOKEN=${token}`);
  }
  for (const { name, pid, about } of stack.parts) {
    console.log(`# ${name}: process ${pid}${about === undefined ? '' : `, ${about}`}`);
  }
  console.log(`# files and logs: ${stack.dir}`);
}

function stopper(stack: Stack, watch: boolean): () => Promise<void> {
  const say = (words: string) => console.log(`# ${words}`);
  const unwatch = watch ? restartOnChange(stack, say) : () => undefined;
  return () => {
    unwatch();
    return stack.stop();
  };
}

/** Puts every server that a stack starts in place, so that no test has to wait for an installation. */
async function installServers(): Promise<readonly string[]> {
  const nats = describeNatsServer(await natsServer());
  if (process.env.UPLIFT_TEST_POSTGRES_URL) return [nats];
  return [nats, `PostgreSQL in ${await postgresBinaries()}`];
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const isTold = error instanceof UsageError || error instanceof GivenStoreError;
  if (!isTold) throw error;
  console.error(`stack: ${errorMessage(error)}`);
  process.exit(error.exitCode);
});
