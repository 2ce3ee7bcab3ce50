import {
  accountsFile,
  OPERATOR_USER,
  permissionsOf,
  SERVICE_USERS,
  type AccountUser,
  type BusPermissions,
} from '@uplift/bus';
import { AccountsFolder, AccountsFolderError } from './accounts-folder';
import { WrongCallError, type Asked } from './options';
import { teamPermissions } from './team-services';

type Users = ReadonlyMap<string, BusPermissions>;

/** The public keys of a user, as they lie in the folder. */
interface Keys {
  readonly present?: string | undefined;
  readonly before?: string | undefined;
}

/**
 * Changes nothing unless all that was asked for can be done; answers what it wrote, in words.
 * Throws WrongCallError, AccountsFolderError.
 */
export async function writeAccounts(asked: Asked): Promise<readonly string[]> {
  const users = await usersOf(asked);
  const folder = new AccountsFolder(asked.out);
  return folder.open(async () => {
    await refuseToLeaveOut(folder, users);
    const keys = await keysOf(folder, users);
    refuseSharedKeys(keys);
    for (const user of asked.retire) refuseRetirement(user, keys.get(user));
    for (const user of asked.rotate) refuseRotation(user, keys.get(user));
    await retire(folder, keys, asked.retire);
    await rotate(folder, keys, asked.rotate);
    const made = await makeMissingKeys(folder, keys);
    const file = await folder.writeAccounts(accountsFile(asked.account, accountUsers(users, keys)));
    return [...made, `written: ${file}, ${users.size} users. Reload each nats-server.`];
  });
}

async function usersOf({ processes, services }: Asked): Promise<Users> {
  const users = new Map<string, BusPermissions>();
  for (const name of [...SERVICE_USERS, OPERATOR_USER, ...processes]) {
    const permissions = permissionsOf(name);
    if (permissions !== undefined) users.set(name, permissions);
  }
  const teams = services === undefined ? [] : await teamPermissions(services);
  return new Map([...users, ...teams]);
}

/** A user that is forgotten in one call would be cut off from the bus. */
async function refuseToLeaveOut(folder: AccountsFolder, users: Users): Promise<void> {
  const left = (await folder.seeds()).find(({ user }) => !users.has(user));
  if (left === undefined) return;
  throw new WrongCallError(
    `${folder.fileOf(left)} is the seed of a user that was not named: name it (--services, --process), or delete the file, and the user is none any more`,
  );
}

async function keysOf(folder: AccountsFolder, users: Users): Promise<Map<string, Keys>> {
  const keys = new Map<string, Keys>();
  for (const user of users.keys()) {
    const present = await folder.publicKey({ user, isBefore: false });
    keys.set(user, { present, before: await folder.publicKey({ user, isBefore: true }) });
  }
  return keys;
}

/** The server would take them for one user. */
function refuseSharedKeys(keys: ReadonlyMap<string, Keys>): void {
  const all = [...keys].flatMap(([user, own]) => publicKeysOf(own).map((key) => ({ user, key })));
  const owners = new Map<string, string>();
  for (const { user, key } of all) {
    const other = owners.get(key);
    if (other !== undefined) {
      throw new AccountsFolderError(
        `The keys of ${other} and ${user} are the same: delete the copy, and its user gets a key of its own`,
      );
    }
    owners.set(key, user);
  }
}

function refuseRetirement(user: string, keys: Keys | undefined): void {
  if (keys === undefined) throw new WrongCallError(`--retire ${user}: there is no such user`);
  if (keys.before !== undefined) return;
  throw new WrongCallError(
    `--retire ${user}: it has no key from before, only the one it works with: rotate it first`,
  );
}

function refuseRotation(user: string, keys: Keys | undefined): void {
  if (keys === undefined) throw new WrongCallError(`--rotate ${user}: there is no such user`);
  if (keys.present === undefined) {
    throw new WrongCallError(`--rotate ${user}: it has no key yet, and gets one without this`);
  }
  if (keys.before === undefined) return;
  throw new WrongCallError(
    `--rotate ${user}: it still has a key from before: retire that one first`,
  );
}

async function retire(
  folder: AccountsFolder,
  keys: Map<string, Keys>,
  users: readonly string[],
): Promise<void> {
  for (const user of new Set(users)) {
    await folder.removeKeyBefore(user);
    keys.set(user, { present: keys.get(user)?.present });
  }
}

async function rotate(
  folder: AccountsFolder,
  keys: Map<string, Keys>,
  users: readonly string[],
): Promise<void> {
  for (const user of new Set(users)) {
    await folder.setAside(user);
    keys.set(user, { before: keys.get(user)?.present });
  }
}

async function makeMissingKeys(
  folder: AccountsFolder,
  keys: Map<string, Keys>,
): Promise<readonly string[]> {
  const made: string[] = [];
  for (const [user, { present, before }] of keys) {
    if (present !== undefined) continue;
    keys.set(user, { present: await folder.makeKey(user), before });
    made.push(`new key: ${folder.fileOf({ user, isBefore: false })}`);
  }
  return made;
}

function accountUsers(users: Users, keys: ReadonlyMap<string, Keys>): readonly AccountUser[] {
  return [...users].map(([name, permissions]) => {
    return { name, permissions, publicKeys: publicKeysOf(keys.get(name) ?? {}) };
  });
}

function publicKeysOf({ present, before }: Keys): readonly string[] {
  return [present, before].filter((key) => key !== undefined);
}
