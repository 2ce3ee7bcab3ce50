import { newUserKey, userKeyOf } from '@uplift/bus';
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exclusively } from '../../stack/src/workspace/file-lock';

const FOR_ITS_OWNER = 0o600;
/** It names public keys alone; the nats-server may run as another user. */
const FOR_ALL = 0o644;
const FOLDER = 0o700;

const SEED = /^(?<user>.+?)(?<isBefore>\.before)?\.nk$/;

/** What lies in the folder cannot be worked with. */
export class AccountsFolderError extends Error {}

interface Seed {
  readonly user: string;
  readonly isBefore: boolean;
}

/** Where the accounts file lies, and each user's seed: `<user>.nk`, and `<user>.before.nk` while another takes its place. */
export class AccountsFolder {
  constructor(readonly path: string) {}

  /** Made if it is not there. One process at a time changes what is in it. */
  async open<T>(work: () => Promise<T>): Promise<T> {
    await mkdir(this.path, { recursive: true, mode: FOLDER });
    return exclusively(join(this.path, '.lock'), work);
  }

  async seeds(): Promise<readonly Seed[]> {
    return (await readdir(this.path)).flatMap((name) => {
      const { user, isBefore } = SEED.exec(name)?.groups ?? {};
      return user === undefined ? [] : [{ user, isBefore: isBefore !== undefined }];
    });
  }

  /** The public half of a user's key; undefined if there is none. Throws AccountsFolderError. */
  async publicKey(seed: Seed): Promise<string | undefined> {
    const text = await readFile(this.fileOf(seed), 'utf8').catch(unlessMissing);
    if (text === undefined) return undefined;
    try {
      return userKeyOf(text).publicKey;
    } catch {
      throw new AccountsFolderError(
        `${this.fileOf(seed)} holds no seed of a user: put the right one there, or delete the file and the user gets a new key`,
      );
    }
  }

  /** Answers the public half. */
  async makeKey(user: string): Promise<string> {
    const { seed, publicKey } = newUserKey();
    await this.replace(this.fileOf({ user, isBefore: false }), `${seed}\n`, FOR_ITS_OWNER);
    return publicKey;
  }

  /** The key that the user has is the one before from here on. */
  async setAside(user: string): Promise<void> {
    const [from, to] = [false, true].map((isBefore) => this.fileOf({ user, isBefore }));
    if (from !== undefined && to !== undefined) await rename(from, to);
  }

  async removeKeyBefore(user: string): Promise<void> {
    await rm(this.fileOf({ user, isBefore: true }));
  }

  /** Answers the path. */
  async writeAccounts(text: string): Promise<string> {
    const file = join(this.path, 'accounts.conf');
    await this.replace(file, text, FOR_ALL);
    return file;
  }

  fileOf({ user, isBefore }: Seed): string {
    return join(this.path, `${user}${isBefore ? '.before' : ''}.nk`);
  }

  /** All of it or nothing, also when the process is killed meanwhile. */
  private async replace(file: string, text: string, mode: number): Promise<void> {
    const unfinished = `${file}.new`;
    await rm(unfinished, { force: true });
    await writeFile(unfinished, text, { mode: FOR_ITS_OWNER, flag: 'wx' });
    await chmod(unfinished, mode);
    await rename(unfinished, file);
  }
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
