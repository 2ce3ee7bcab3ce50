import {
  connectionStringOf,
  ConnectionStringError,
  userInConnectionString,
  type PasswordRoom,
} from '@uplift/event-store';
import type { Randomness } from '@uplift/runtime';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailure, EXIT } from '../exit-code';

const FOR_ITS_OWNER = 0o600;
const FOLDER = 0o700;
const PASSWORD_BYTES = 32;

/** `<user>.password` is the password of a user, `<user>.url` the same within a connection string. */
export class PasswordFolder implements PasswordRoom {
  constructor(
    private readonly path: string,
    private readonly randomness: Randomness,
  ) {}

  placeOf(user: string): string {
    return join(this.path, `${user}.password`);
  }

  async password(user: string): Promise<string | undefined> {
    const text = await readFile(this.placeOf(user), 'utf8').catch(noneIfMissing);
    if (text === undefined) return undefined;
    const password = text.replace(/\r?\n$/, '');
    if (password !== '' && !/[\r\n]/.test(password)) return password;
    throw new CommandFailure(
      EXIT.usage,
      `${this.placeOf(user)} holds no password: put one there, in one line, or delete the file`,
    );
  }

  /** Of several that make one at once all get the first. */
  async make(user: string): Promise<string> {
    const known = await this.password(user);
    if (known !== undefined) return known;
    await mkdir(this.path, { recursive: true, mode: FOLDER });
    const made = this.newPassword();
    await this.written(made, (unfinished) =>
      link(unfinished, this.placeOf(user)).catch(unlessThere),
    );
    return (await this.password(user)) ?? made;
  }

  async replace(user: string): Promise<string> {
    await mkdir(this.path, { recursive: true, mode: FOLDER });
    const made = this.newPassword();
    await this.written(made, (unfinished) => rename(unfinished, this.placeOf(user)));
    return made;
  }

  async forget(user: string): Promise<void> {
    await rm(this.placeOf(user), { force: true });
  }

  /** Where a service reaches the store by the connection string that is there; undefined without one. */
  async storeOf(user: string): Promise<string | undefined> {
    const text = await readFile(this.connectionStringPlace(user), 'utf8').catch(noneIfMissing);
    if (text === undefined) return undefined;
    const line = text.replace(/\r?\n$/, '');
    try {
      if (userInConnectionString(line) === user && !/[\r\n]/.test(line)) {
        return connectionStringOf(line);
      }
    } catch (error) {
      if (!(error instanceof ConnectionStringError)) throw error;
    }
    throw new CommandFailure(
      EXIT.usage,
      `${this.connectionStringPlace(user)} holds no connection string of ${user}: delete the file, or say with --service-url where services reach the store`,
    );
  }

  /** What each service is to be given: by user, where it reaches the store. */
  async writeConnectionStrings(stores: ReadonlyMap<string, string>): Promise<void> {
    for (const [user, store] of stores) {
      const password = await this.password(user);
      if (password === undefined) continue;
      const text = connectionStringOf(store, { user, password });
      const place = this.connectionStringPlace(user);
      await this.written(text, (unfinished) => rename(unfinished, place));
    }
  }

  private connectionStringPlace(user: string): string {
    return join(this.path, `${user}.url`);
  }

  private newPassword(): string {
    return this.randomness.bytes(PASSWORD_BYTES).toString('base64url');
  }

  /** All of it or nothing, also when the process is killed meanwhile. */
  private async written(text: string, place: (unfinished: string) => Promise<void>): Promise<void> {
    const unfinished = join(this.path, `.${this.randomness.uuid()}`);
    await writeFile(unfinished, `${text}\n`, { mode: FOR_ITS_OWNER, flag: 'wx' });
    try {
      await place(unfinished);
    } finally {
      await rm(unfinished, { force: true });
    }
  }
}

function noneIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
