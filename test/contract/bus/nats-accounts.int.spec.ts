import { connectBus, inboxPrefixOf, type BusConnection } from '@uplift/bus';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createTempFolder,
  ensureBuilt,
  NatsServer,
  projectRoot,
  type TempFolder,
} from '../../../tools/stack/src';
import { eventually } from '../../support/eventually';
import { isReloadable } from './guarded-server';

async function readAnew(server: NatsServer): Promise<void> {
  if (isReloadable(server)) return void process.kill(server.pid, 'SIGHUP');
  await server.kill();
  await server.restart();
}

const SCRIPT = 'dist/tools/nats-accounts/src/main.js';

describe('npm run nats:accounts, for a real nats-server', () => {
  let temp: TempFolder;
  let server: NatsServer | undefined;

  beforeEach(async () => {
    await ensureBuilt();
    temp = await createTempFolder();
  });

  afterEach(async () => {
    await server?.kill();
    server = undefined;
    await temp.remove();
  });

  const folder = () => join(temp.path, 'accounts');
  const seedOf = (user: string) => readFileSync(join(folder(), `${user}.nk`), 'utf8').trim();

  function run(...args: string[]) {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(projectRoot(), SCRIPT), ...args],
      { encoding: 'utf8' },
    );
    return { status, stdout, stderr };
  }

  const write = (...args: string[]) => {
    expect(run('--out', folder(), ...args)).toMatchObject({ status: 0, stderr: '' });
  };

  async function startAgain(): Promise<void> {
    await server?.kill();
    if (server !== undefined) return server.restart().then(() => undefined);
    const args = ['-c', join(folder(), 'accounts.conf')];
    server = await NatsServer.start({ dir: join(temp.path, 'server'), args });
  }

  async function as<T>(user: string, nkeySeed: string, work: (bus: BusConnection) => Promise<T>) {
    const servers = `127.0.0.1:${server?.port}`;
    const inboxPrefix = inboxPrefixOf(user);
    const bus = await connectBus({ servers, nkeySeed, name: user, inboxPrefix, tries: 1 });
    try {
      return await work(bus);
    } finally {
      await bus.close();
    }
  }

  const makesStream = (seed: string) =>
    as('relay', seed, async (bus) => (await bus.ensureStream()).faults);

  it('lets each user in with its seed, with both of them while it changes, and not with a retired one', async () => {
    const services = join(temp.path, 'services.json');
    writeFileSync(services, JSON.stringify([{ name: 'billing', events: ['uplift.evt.v1.>'] }]));
    write('--services', services);
    const first = seedOf('relay');
    await startAgain();
    expect(await makesStream(first)).toEqual([]);
    await as('billing', seedOf('billing'), (bus) => bus.flush());
    write('--services', services, '--rotate', 'relay');
    const second = seedOf('relay');
    await startAgain();
    for (const seed of [first, second]) expect(await makesStream(seed)).toEqual([]);
    write('--services', services, '--retire', 'relay');
    await startAgain();
    expect(await makesStream(second)).toEqual([]);
    await expect(makesStream(first)).rejects.toThrow(/Authorization/);
  });

  it('is read by a server that had no users: who has its seed already is back by itself, others are refused', async () => {
    write();
    const file = join(temp.path, 'nats-server.conf');
    writeFileSync(file, '');
    server = await NatsServer.start({ dir: join(temp.path, 'server'), args: ['-c', file] });
    const servers = `127.0.0.1:${server.port}`;
    const inboxPrefix = inboxPrefixOf('relay');
    const relay = await connectBus({
      ...{ servers, nkeySeed: seedOf('relay'), name: 'relay', inboxPrefix },
    });
    const unknown = await connectBus({ servers, name: 'unknown' });
    try {
      expect((await relay.ensureStream()).changes).not.toEqual([]);
      writeFileSync(file, `include ${JSON.stringify(join('accounts', 'accounts.conf'))}`);
      await readAnew(server);
      await eventually(() => expect(unknown.trouble).toContain('refuses this user'));
      await eventually(async () => {
        expect((await relay.ensureStream()).changes).not.toEqual([]);
      });
      expect(relay.trouble).toBeUndefined();
    } finally {
      await Promise.all([relay.close(), unknown.close()]);
    }
  });

  it('says in one line what is wrong, and by its exit code whether with the call', () => {
    expect(run()).toEqual({
      ...{ status: 2, stdout: '' },
      stderr: 'npm run nats:accounts: --out names a folder: see --help\n',
    });
    const file = join(temp.path, 'file');
    writeFileSync(file, '');
    const { status, stderr } = run('--out', file);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^npm run nats:accounts: .*EEXIST.*\n$/);
    expect(run('--help')).toMatchObject({ status: 0, stderr: '' });
  });
});
