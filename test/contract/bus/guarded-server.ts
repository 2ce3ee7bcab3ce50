import {
  accountsFile,
  newUserKey,
  OPERATOR_USER,
  permissionsOf,
  SERVICE_USERS,
  type AccountUser,
  type BusAccess,
  type BusPermissions,
  type UserKey,
} from '@uplift/bus';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTempFolder, NatsServer, type TempFolder } from '../../../tools/stack/src';
import { eventually } from '../../support/eventually';

/** The old release, which is for development alone, answers nothing about JetStream when it has read accounts anew. */
export function isReloadable({ version }: NatsServer): boolean {
  return !version.startsWith('2.9.');
}

/** Making one takes long. */
const KEYS = new Map<string, UserKey>();

/** A real nats-server that knows the users of the table, each by a key of its own, and whose table a test can change. */
export class GuardedServer {
  private constructor(
    private readonly folder: TempFolder,
    private readonly users: Map<string, BusPermissions>,
  ) {}

  private nats: NatsServer | undefined;

  static async start(more: Readonly<Record<string, BusPermissions>> = {}): Promise<GuardedServer> {
    const names = [...SERVICE_USERS, OPERATOR_USER];
    const own = names.map((name) => [name, permissionsOf(name)!] as const);
    const users = new Map([...own, ...Object.entries(more)]);
    const server = new GuardedServer(await createTempFolder(), users);
    await server.write();
    server.nats = await NatsServer.start({ dir: server.folder.path, args: ['-c', server.file] });
    return server;
  }

  accessOf(user: string): BusAccess {
    return { servers: `127.0.0.1:${this.nats?.port}`, nkeySeed: this.keyOf(user).seed };
  }

  permissionsOf(user: string): BusPermissions {
    return this.users.get(user)!;
  }

  /** As an operator does it: the file is written anew, and the server reads it again. */
  async change(user: string, permissions: BusPermissions | null): Promise<void> {
    if (permissions === null) this.users.delete(user);
    else this.users.set(user, permissions);
    await this.write();
    if (!this.isReloadable) {
      await this.nats!.kill();
      return this.nats!.restart().then(() => undefined);
    }
    const before = await this.reloads();
    process.kill(this.nats!.pid, 'SIGHUP');
    await eventually(async () => {
      if ((await this.reloads()) === before) throw new Error('The server has not read its file');
    });
  }

  get isReloadable(): boolean {
    return this.nats !== undefined && isReloadable(this.nats);
  }

  private async reloads(): Promise<number> {
    const log = await readFile(join(this.folder.path, 'nats-server.log'), 'utf8');
    return log.split('Reloaded server configuration').length;
  }

  /** The key before is taken from the user. */
  async giveNewKey(user: string): Promise<void> {
    KEYS.delete(user);
    await this.change(user, this.permissionsOf(user));
  }

  async stop(): Promise<void> {
    await this.nats?.kill();
    await this.folder.remove();
  }

  private get file(): string {
    return join(this.folder.path, 'accounts.conf');
  }

  private keyOf(user: string): UserKey {
    const key = KEYS.get(user) ?? newUserKey();
    KEYS.set(user, key);
    return key;
  }

  private write(): Promise<void> {
    const users = [...this.users].map(([name, permissions]): AccountUser => {
      return { name, permissions, publicKeys: [this.keyOf(name).publicKey] };
    });
    return writeFile(this.file, accountsFile('UPLIFT', users));
  }
}
