import { runUntilStopped } from '@uplift/runtime';
import { GivenStoreError, openGivenStore, shownStore, storeArgument } from '../../given-store/src';
import { parseArgs } from 'node:util';
import { describeNatsServer, natsServer } from './nats/find-nats-server';
import { postgresBinaries } from './postgres/postgres-binaries';
import type { InfrastructureName } from './stack/infrastructure';
import { INFRASTRUCTURE_NAMES } from './stack/infrastructure';
import { mintRootToken } from './stack/root-token';
import type { ServiceName } from './stack/services';
import { SERVICE_NAMES, SERVICES } from './stack/services';
import type { StackOptions } from './stack/stack';
import { Stack } from './stack/stack';
import { restartOnChange } from './watch';

const { values } = parseArgs({
  options: {
    dir: { type: 'string' },
    infrastructure: { type: 'string', default: INFRASTRUCTURE_NAMES.join(',') },
    services: { type: 'string', default: SERVICE_NAMES.join(',') },
    watch: { type: 'boolean', default: false },
    'install-only': { type: 'boolean', default: false },
    store: { type: 'string' },
    'use-existing': { type: 'boolean', default: false },
  },
});

async function main(): Promise<void> {
  if (values['install-only']) {
    for (const line of await installServers()) console.log(line);
    return;
  }
  try {
    await prepareStore();
  } catch (error) {
    if (!(error instanceof GivenStoreError)) throw error;
    console.error(`stack: ${error.message}`);
    process.exit(error.exitCode);
  }
  await runUntilStopped({ name: 'stack', start });
}

async function prepareStore(): Promise<void> {
  if (values.store === undefined) return;
  const store = storeArgument(values.store);
  const { version } = await openGivenStore(store, { useExisting: values['use-existing'] });
  console.log(`# event store: ${version} at ${shownStore(store)}, not started by this stack`);
  console.log('# what is unfinished in it goes on, against the Lagoon simulator of this stack');
}

async function start() {
  const root = mintRootToken();
  const stack = await Stack.start({ ...stackOptions(), env: root.env });
  for (const [name, value] of Object.entries(stack.env)) {
    const isSecret = name === 'UPLIFT_EVENTSTORE_URL' && values.store !== undefined;
    console.log(isSecret ? `# ${name} is what was given` : `${name}=${value}`);
  }
  if (stack.runningServices.some(({ name }) => name === 'command-api')) {
    console.log(`UPLIFT_API_URL=${stack.apiUrl}`);
    console.log(`UPLIFT_TOKEN=${root.token}`);
  }
  for (const { name, pid, about } of stack.parts) {
    console.log(`# ${name}: process ${pid}${about === undefined ? '' : `, ${about}`}`);
  }
  console.log(`# files and logs: ${stack.dir}`);
  const unwatch = values.watch
    ? restartOnChange(stack, (words) => console.log(`# ${words}`))
    : () => undefined;
  return {
    ports: {},
    stop: () => {
      unwatch();
      return stack.stop();
    },
  };
}

/** Puts every server that a stack starts in place, so that no test has to wait for an installation. */
async function installServers(): Promise<readonly string[]> {
  const nats = describeNatsServer(await natsServer());
  if (process.env.UPLIFT_POSTGRES_URL) return [nats];
  return [nats, `PostgreSQL in ${await postgresBinaries()}`];
}

function stackOptions(): StackOptions {
  return {
    infrastructure: chosen<InfrastructureName>(values.infrastructure, INFRASTRUCTURE_NAMES),
    services: chosen(values.services, Object.keys(SERVICES) as ServiceName[]),
    ...(values.dir === undefined ? {} : { dir: values.dir }),
    ...(values.store === undefined ? {} : { store: storeArgument(values.store) }),
  };
}

function chosen<T extends string>(list: string, known: readonly T[]): T[] {
  const names = list.split(',').filter((name) => name !== '' && name !== 'none');
  const unknown = names.filter((name) => !known.some((item) => item === name));
  if (unknown.length === 0) return known.filter((item) => names.includes(item));
  throw new Error(`Unknown: ${unknown.join(', ')}; known are ${known.join(', ')}`);
}

void main();
