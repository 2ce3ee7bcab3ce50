import { AccessDeniedError, jsonEvent } from '@eventstore/db-client';
import { parseEsdbConnectionString } from '@uplift/event-store';
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { GivenStoreError, openGivenStore, shownStore, storeArgument } from './given-store';
import { StoreCalls } from './store-calls';

const PARTS = ['store', 'contract', 'demo'] as const;
export type StoreTestPart = (typeof PARTS)[number];

export interface StoreTestOptions {
  readonly store: string;
  readonly parts: readonly StoreTestPart[];
}

export const USAGE =
  'npm run test:store -- <connection string> [--only store,contract,demo], for example esdb://user:password@host:2113?tls=true&tlsCAFile=ca.pem';

/** Throws GivenStoreError with one line on anything that it does not know. */
export function storeTestOptions(args: string[], environment = process.env): StoreTestOptions {
  const { positionals, only } = parsed(args);
  const [store, ...more] = positionals;
  if (store === undefined || more.length > 0) throw new GivenStoreError(`Usage: ${USAGE}`, 2);
  const parts = only.split(',').map((name) => PARTS.find((part) => part === name));
  if (parts.includes(undefined)) {
    throw new GivenStoreError(`--only wants some of ${PARTS.join(', ')}`, 2);
  }
  const wanted = PARTS.filter((part) => parts.includes(part));
  return { store: storeArgument(store, environment), parts: wanted };
}

function parsed(args: string[]) {
  try {
    const options = { only: { type: 'string', default: PARTS.join(',') } } as const;
    const { positionals, values } = parseArgs({ args, options, allowPositionals: true });
    return { positionals, only: values.only };
  } catch {
    throw new GivenStoreError(`Usage: ${USAGE}`, 2);
  }
}

const WRITES: Readonly<Record<StoreTestPart, string>> = {
  store:
    'new streams instance-<uuid>, rollout-<uuid>, order-<uuid> and ops-…, some of them deleted, truncated or with damaged events on purpose',
  contract:
    'new streams upliftTest:<id>:…, which look like a store of its own to each of the contract suites',
  demo: 'the histories of 25 made-up instances in new streams instance-<uuid> and environment-<uuid>',
};

/** What the suites leave behind, told before the first of it is written. */
export function announcement({ store, parts }: StoreTestOptions): readonly string[] {
  const { user } = parseEsdbConnectionString(store);
  return [
    `Event store: ${shownStore(store)}, ${user === null ? 'without a user' : `as user ${user}`}`,
    'What is written there stays there; nothing that is there is changed, and no setting:',
    '  - one stream that marks it as a store for tests, and one to try the rights with',
    ...parts.map((part) => `  - ${WRITES[part]}`),
  ];
}

/** Reaches the store, marks it, and tries what the suites need. Returns the server's version. Throws GivenStoreError. */
export async function prepareStoreTests({ store }: StoreTestOptions): Promise<string> {
  const { version } = await openGivenStore(store);
  await assertRights(store);
  return version;
}

async function assertRights(connectionString: string): Promise<void> {
  const settings = parseEsdbConnectionString(connectionString);
  const calls = new StoreCalls(settings);
  const scratch = `upliftTest:rights:${randomUUID()}`;
  const event = () => jsonEvent({ type: 'Tried', data: {} });
  const rights: readonly (readonly [right: string, work: () => Promise<unknown>])[] = [
    ['append', () => calls.appendToStream(scratch, event())],
    ['set the metadata of streams', () => calls.setStreamMetadata(scratch, { maxCount: 10 })],
    ['delete streams', () => calls.deleteStream(scratch)],
    ['tombstone streams', () => calls.tombstoneStream(`${scratch}:2`)],
  ];
  try {
    for (const [right, work] of rights) await work().catch(refusalOf(right, settings.user));
  } finally {
    await calls.dispose();
  }
}

/** The suites do to streams of their own what other programs may do to ours. */
function refusalOf(right: string, user: string | null) {
  return (error: unknown): never => {
    const isRefused = error instanceof AccessDeniedError;
    const who = user === null ? 'a connection without a user' : `user ${user}`;
    const words = isRefused ? '' : `: ${error instanceof Error ? error.message : String(error)}`;
    throw new GivenStoreError(`The store does not let ${who} ${right}${words}`, 1);
  };
}
