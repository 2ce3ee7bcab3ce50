import { UPGRADE_STAGES } from '@uplift/domain';

/** What a user of the store may be given; also the words in which the store's refusal is told. */
export type StoreRight = 'read streams' | 'read $all' | 'append';

/** Who is in the group has the right. */
export const STORE_GROUPS: Readonly<Record<StoreRight, string>> = {
  'read streams': 'uplift-readers',
  'read $all': 'uplift-tailers',
  append: 'uplift-writers',
};

/**
 * Every process follows or compares the order of all events: who appends holds the newest event on the bus against the
 * store first, which takes `$all`.
 */
const READER: readonly StoreRight[] = ['read streams', 'read $all'];
const WRITER: readonly StoreRight[] = [...READER, 'append'];

const workers = Object.fromEntries(
  [...UPGRADE_STAGES, 'stages'].map((stage) => [`worker-${stage}`, WRITER]),
);

/** The users of an installation, and their rights. `worker-stages` works on all stages and is the watchdog as well. */
export const STORE_USERS: Readonly<Record<string, readonly StoreRight[]>> = {
  relay: READER,
  projector: READER,
  auditor: READER,
  api: WRITER,
  ...workers,
  watchdog: WRITER,
};

/** By service: what it needs, whatever its user is called. */
export const SERVICE_RIGHTS = {
  relay: READER,
  projector: READER,
  'command-api': WRITER,
  'stage-workers': WRITER,
} as const;

/** What can be tried at a store, and the right that it takes; null: an administrator's; `be a user`: none. */
export const STORE_OPERATIONS = {
  'read a stream of ours': 'read streams',
  'subscribe to a stream of ours': 'read streams',
  'read the metadata of a stream of ours': 'read streams',
  'append to a stream of ours': 'append',
  'append to a stream of checkpoints': 'append',
  'read all streams (`$all`)': 'read $all',
  'subscribe to all streams (`$all`)': 'read $all',
  'delete a stream': null,
  'tombstone a stream': null,
  'set `$maxCount` of a stream': null,
  'set `$tb` of a stream': null,
  'set the rights on a stream': null,
  'read `$settings`': null,
  'read `$users`': null,
  'read the user `admin`': null,
  'read who may read `$all`': null,
  'append to `$settings`': null,
  'set who may read `$all`': null,
  'create a user': null,
  'reset a password': null,
  'change the groups of a user': null,
  'change its own password': 'be a user',
} as const satisfies Readonly<Record<string, StoreRight | 'be a user' | null>>;

export type StoreOperation = keyof typeof STORE_OPERATIONS;

export function allowsOperation(rights: readonly StoreRight[], operation: StoreOperation): boolean {
  const right = STORE_OPERATIONS[operation];
  return right === 'be a user' || rights.some((each) => each === right);
}
