import { STORE_GROUPS, type StoreRight } from '../store-rights';
import type { EsdbAdministration, FoundUser, StoreFields } from './esdb.administration';
import { defaultRights, isSame, rightsOnAll, userNames } from './stream-rights';

/** What was asked for cannot be done; the message says what to do instead. */
export class StoreSetupError extends Error {
  readonly code = 'store-setup';
}

/** Where the passwords of the users are. */
export interface PasswordRoom {
  password(user: string): Promise<string | undefined>;
  /** The one that is there, or a new one. */
  make(user: string): Promise<string>;
  /** A new one in place of the one that is there. */
  replace(user: string): Promise<string>;
  /** Takes back what was made for a user that somebody else has made meanwhile. */
  forget(user: string): Promise<void>;
  /** How a person finds it. */
  placeOf(user: string): string;
}

export interface StoreSetupOptions {
  readonly passwords: PasswordRoom;
  /** Before the name of each user. */
  readonly prefix?: string;
  /** Users that get a new password. */
  readonly rotate?: readonly string[];
  /** False: nothing is changed, what would be is told. */
  readonly isApplied?: boolean;
}

interface Wanted {
  readonly name: string;
  readonly groups: readonly string[];
}

/** Those that every store begins with, and the password that they have then. */
const FIRST_USERS = ['admin', 'ops'];
const FIRST_PASSWORD = 'changeit';

/** Tries of a setting that others change at the same time. */
const TRIES = 5;

/** Makes users and rights what they have to be; each line is something that was not. */
export class StoreSetup {
  private readonly users: ReadonlyMap<string, readonly StoreRight[]>;

  constructor(
    private readonly store: EsdbAdministration,
    private readonly options: StoreSetupOptions,
  ) {
    this.users = userNames(options.prefix ?? '');
  }

  get userNames(): readonly string[] {
    return [...this.users.keys()];
  }

  /** Throws StoreSetupError, and what EsdbAdministration throws. */
  async run(): Promise<readonly string[]> {
    const { rotate = [] } = this.options;
    const unknown = rotate.find((name) => !this.users.has(name));
    if (unknown !== undefined) {
      throw new StoreSetupError(`--rotate ${unknown}: there are ${this.userNames.join(', ')}`);
    }
    const found = await this.found();
    const lines: string[] = [];
    for (const [name, rights] of this.users) {
      const groups = rights.map((right) => STORE_GROUPS[right]);
      lines.push(...(await this.setUp({ name, groups }, found.get(name) ?? null)));
    }
    // Rights on streams last: until then everybody who works there has what he had.
    lines.push(...(await this.setRights('$$$all', '$metadata', rightsOnAll)));
    lines.push(...(await this.setRights('$settings', 'update-default-acl', defaultRights)));
    return lines;
  }

  /** What is not as it has to be, and is not ours to change. */
  async warnings(): Promise<readonly string[]> {
    const lines: string[] = [];
    for (const name of FIRST_USERS) {
      if (!(await this.store.isPassword(name, FIRST_PASSWORD))) continue;
      lines.push(
        `user ${name}: has the password "${FIRST_PASSWORD}", which everybody knows: give it another one in the store, or disable it`,
      );
    }
    return lines;
  }

  /** Nothing is changed unless all can be. */
  private async found(): Promise<ReadonlyMap<string, FoundUser>> {
    const found = new Map<string, FoundUser>();
    for (const name of this.users.keys()) {
      const user = await this.store.find(name);
      if (!user) continue;
      if (user.fullName !== fullNameOf(name)) throw notOurs(user);
      await this.refuseUnknownPassword(user);
      found.set(name, user);
    }
    return found;
  }

  /** With the password of another folder a service would be locked out. */
  private async refuseUnknownPassword(user: FoundUser): Promise<void> {
    const { name } = user;
    if (this.isRotated(name)) return;
    this.refuseDisabled(user);
    const { passwords } = this.options;
    const password = await passwords.password(name);
    if (password === undefined) {
      throw new StoreSetupError(
        `The user ${name} is in the store, and ${passwords.placeOf(name)} is not there: put its password there, or give it a new one with --rotate ${name}`,
      );
    }
    if (await this.store.isPassword(name, password)) return;
    throw new StoreSetupError(
      `The user ${name} has another password than ${passwords.placeOf(name)}: put the right one there, or give it a new one with --rotate ${name}`,
    );
  }

  /** Whoever disabled it had a reason, often a password that has leaked. */
  private refuseDisabled({ name, isDisabled }: FoundUser): void {
    if (!isDisabled || this.isRotated(name)) return;
    throw new StoreSetupError(
      `The user ${name} is disabled, perhaps since its password has leaked: enable it with a new one by --rotate ${name}`,
    );
  }

  private isRotated(name: string): boolean {
    return this.options.rotate?.includes(name) === true;
  }

  private async setUp(wanted: Wanted, found: FoundUser | null): Promise<readonly string[]> {
    const { name, groups } = wanted;
    if (!found) return this.create(wanted);
    // Once more: somebody may have disabled it after the first look.
    this.refuseDisabled(found);
    const again = async () => this.setUp(wanted, await this.store.find(name));
    const lines: string[] = [];
    if (!isSame(found.groups, groups)) {
      lines.push(`user ${name}: ${inWords(groups)} in place of ${inWords(found.groups)}`);
      const { fullName } = found;
      const update = () => this.store.update({ name, fullName, groups });
      if ((await this.apply(update)) === false) return again();
    }
    // The password first: the one before may have leaked.
    if (this.isRotated(name)) {
      lines.push(`user ${name}: a new password in ${this.options.passwords.placeOf(name)}`);
      await this.apply(() => this.rotate(name));
    }
    if (found.isDisabled) {
      lines.push(`user ${name}: enabled`);
      if ((await this.apply(() => this.store.enable(name))) === false) return again();
    }
    return lines;
  }

  private async create({ name, groups }: Wanted): Promise<readonly string[]> {
    const { passwords } = this.options;
    await this.apply(async () => {
      const isThere = (await passwords.password(name)) !== undefined;
      const password = await passwords.make(name);
      if (await this.store.create({ name, fullName: fullNameOf(name), groups, password })) return;
      if (await this.store.isPassword(name, password)) return;
      if (!isThere) await passwords.forget(name);
      throw new StoreSetupError(
        `Somebody else has made the user ${name} at the same time, with another password: put that into ${passwords.placeOf(name)}`,
      );
    });
    return [`user ${name}: made, in ${inWords(groups)}`];
  }

  /** The file first: a password that nobody has written down would be lost. What it holds in the end counts. */
  private async rotate(name: string): Promise<void> {
    const { passwords } = this.options;
    let written: string | undefined = await passwords.replace(name);
    for (let set: string | undefined; written !== undefined && written !== set;) {
      if (await this.store.resetPassword(name, written)) set = written;
      written = await passwords.password(name);
    }
  }

  private async setRights(
    stream: string,
    type: string,
    wanted: (fields: StoreFields['fields'], users: readonly string[]) => StoreFields['fields'],
  ): Promise<readonly string[]> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const { revision, fields } = await this.store.lastOf(stream);
      const next = wanted(fields, this.userNames);
      if (isSame(fields, next)) return [];
      const line = `${stream}: ${JSON.stringify(next)}`;
      const isSet = await this.apply(() =>
        this.store.append(stream, type, { revision, fields: next }),
      );
      if (isSet !== false) return [line];
    }
    throw new StoreSetupError(`Others change ${stream} all the time: try again later`);
  }

  /** Undefined where nothing is to be changed. */
  private apply<T>(change: () => Promise<T>): Promise<T | undefined> {
    return this.options.isApplied === false ? Promise.resolve(undefined) : change();
  }
}

function fullNameOf(name: string): string {
  return `Uplift ${name}`;
}

function inWords(groups: readonly string[]): string {
  return groups.length === 0 ? 'no group' : groups.join(', ');
}

function notOurs({ name, fullName }: FoundUser): StoreSetupError {
  return new StoreSetupError(
    `The user ${name} ("${fullName}") is in the store, and not of Uplift: name ours otherwise with --prefix`,
  );
}
