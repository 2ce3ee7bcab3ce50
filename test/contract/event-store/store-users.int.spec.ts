import { once } from 'node:events';
import {
  AccessDeniedError,
  BACKWARDS,
  END,
  EventStoreDBClient,
  jsonEvent,
  START,
  type AllStreamSubscription,
  type StreamSubscription,
} from '@eventstore/db-client';
import { status, type ServiceError } from '@grpc/grpc-js';
import {
  allowsOperation,
  EsdbAdministration,
  NotAdministratorError,
  STORE_OPERATIONS,
  STORE_USERS,
  StoreSetup,
  type StoreOperation,
} from '@uplift/event-store';
import type { EmbeddedEventStore } from '../../../tools/embedded-eventstore/src';
import {
  asAdministrator,
  connectionStringFor,
  startSecuredStore,
} from '../../../tools/embedded-eventstore/test/secured-store';
import { UsersCalls } from '../../../tools/embedded-eventstore/test/users-client';
import { PasswordMap } from './password-map';
import { newStream } from './sample-events';

const USERS = Object.keys(STORE_USERS);
const event = () => jsonEvent({ type: 'Probe', data: {} });

interface Password {
  readonly name: string;
  readonly password: string;
}

/** What somebody at the store can try. */
interface Tried {
  readonly client: EventStoreDBClient;
  readonly administration: EsdbAdministration;
  /** Of ours, with an event in it. */
  readonly stream: string;
  /** To the one that it has already. */
  readonly changeOwnPassword: () => Promise<unknown>;
}

async function all(reading: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of reading);
}

async function first(subscription: StreamSubscription | AllStreamSubscription): Promise<void> {
  try {
    await once(subscription, 'data');
  } finally {
    void subscription.unsubscribe().catch(() => undefined);
    subscription.resume();
  }
}

const TRIES: Readonly<Record<StoreOperation, (at: Tried) => Promise<unknown>>> = {
  'read a stream of ours': ({ client, stream }) => all(client.readStream(stream)),
  'subscribe to a stream of ours': ({ client, stream }) => first(client.subscribeToStream(stream)),
  'read the metadata of a stream of ours': ({ client, stream }) => client.getStreamMetadata(stream),
  'append to a stream of ours': ({ client, stream }) => client.appendToStream(stream, event()),
  'append to a stream of checkpoints': ({ client }) =>
    client.appendToStream('upliftCheckpoint-spec', event()),
  'read all streams (`$all`)': ({ client }) =>
    all(client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 })),
  'subscribe to all streams (`$all`)': ({ client }) =>
    first(client.subscribeToAll({ fromPosition: START })),
  'delete a stream': ({ client, stream }) => client.deleteStream(stream),
  'tombstone a stream': ({ client, stream }) => client.tombstoneStream(stream),
  'set `$maxCount` of a stream': ({ client, stream }) =>
    client.setStreamMetadata(stream, { maxCount: 1 }),
  'set `$tb` of a stream': ({ client, stream }) =>
    client.setStreamMetadata(stream, { truncateBefore: 1 }),
  'set the rights on a stream': ({ client, stream }) =>
    client.setStreamMetadata(stream, { acl: { writeRoles: ['$all'] } }),
  'read `$settings`': ({ client }) => all(client.readStream('$settings')),
  'read `$users`': ({ client }) => all(client.readStream('$users')),
  'read the user `admin`': ({ client }) => all(client.readStream('$user-admin')),
  'read who may read `$all`': ({ client }) => client.getStreamMetadata('$all'),
  'append to `$settings`': ({ client }) => client.appendToStream('$settings', event()),
  'set who may read `$all`': ({ client }) => client.setStreamMetadata('$all', {}),
  'create a user': ({ administration }) =>
    administration.create({ name: 'otto', fullName: 'Otto', groups: ['$admins'], password: 'x' }),
  'reset a password': ({ administration }) => administration.resetPassword('admin', 'x'),
  'change the groups of a user': ({ administration }) =>
    administration.update({ name: 'relay', fullName: 'Uplift relay', groups: ['$admins'] }),
  'change its own password': ({ changeOwnPassword }) => changeOwnPassword(),
};
const OPERATIONS = Object.keys(STORE_OPERATIONS) as StoreOperation[];

describe('the users of a store that is set up', () => {
  let store: EmbeddedEventStore;
  let admin: EventStoreDBClient;
  const passwords = new PasswordMap();

  beforeAll(async () => {
    store = await startSecuredStore();
    const administration = new EsdbAdministration(asAdministrator(store));
    await new StoreSetup(administration, { passwords }).run();
    await administration.close();
    admin = EventStoreDBClient.connectionString(asAdministrator(store));
  });

  afterAll(async () => {
    await admin.dispose();
    await store.close();
  });

  async function outcomesOf(who?: Password): Promise<Record<string, string>> {
    const connectionString = connectionStringFor(store, who);
    const users = new UsersCalls(store, who);
    const { name, password } = who ?? passwords.credentialsOf('relay');
    const changeOwnPassword = () => users.changePassword(name, password, password);
    const client = EventStoreDBClient.connectionString(connectionString);
    const administration = new EsdbAdministration(connectionString);
    const outcomes: Record<string, string> = {};
    for (const operation of OPERATIONS) {
      const stream = newStream();
      await admin.appendToStream(stream, event());
      const tried = { client, administration, stream, changeOwnPassword };
      outcomes[operation] = await TRIES[operation](tried).then(() => 'allowed', told);
    }
    users.close();
    await administration.close();
    await client.dispose();
    return outcomes;
  }

  it.each(USERS)('lets %s do what the table says, and nothing else', async (user) => {
    const outcomes = await outcomesOf(passwords.credentialsOf(user));
    const expected = OPERATIONS.map((operation) => {
      const isAllowed = allowsOperation(STORE_USERS[user]!, operation);
      return [operation, isAllowed ? 'allowed' : 'denied'] as const;
    });
    expect(outcomes).toEqual(Object.fromEntries(expected));
  });

  it('lets nobody do anything', async () => {
    const outcomes = await outcomesOf();
    expect(new Set(Object.values(outcomes))).toEqual(new Set(['denied']));
  });
});

function told(error: unknown): string {
  const isDenied = error instanceof AccessDeniedError || error instanceof NotAdministratorError;
  const isDeniedCall = (error as Partial<ServiceError>).code === status.PERMISSION_DENIED;
  return isDenied || isDeniedCall ? 'denied' : String(error);
}
