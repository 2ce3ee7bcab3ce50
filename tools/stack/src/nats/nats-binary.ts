import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../build/cache-folder';
import { exclusively } from '../build/exclusive';
import { downloadNatsServer, releaseBinary } from './nats-release';

const run = promisify(execFile);
/** Packages put servers where a normal account's PATH does not look. */
const BESIDES_PATH = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin'];

export interface NatsInstaller {
  readonly name: string;
  readonly isPossible: () => Promise<boolean>;
  readonly install: () => Promise<unknown>;
}

/** The path of a nats-server: from PATH, an earlier download, or installed now. */
export async function findNatsServer(
  installers: readonly NatsInstaller[] = INSTALLERS,
  search: () => Promise<string | undefined> = searchInstalled,
): Promise<string> {
  const found = await search();
  if (found !== undefined) return found;
  return exclusively(join(await cacheFolder(), 'nats.lock'), async () => {
    const problems: string[] = [];
    for (const installer of installers) {
      const path = (await search()) ?? (await attempt(installer, search, problems));
      if (path !== undefined) return path;
    }
    throw new Error(
      `nats-server is not installed and could not be (${problems.join('; ')}): install it and put it on PATH, see https://docs.nats.io`,
    );
  });
}

async function attempt(
  installer: NatsInstaller,
  search: () => Promise<string | undefined>,
  problems: string[],
): Promise<string | undefined> {
  if (!(await installer.isPossible())) return undefined;
  try {
    await installer.install();
  } catch (error) {
    problems.push(`${installer.name}: ${firstLine(error)}`);
  }
  return search();
}

async function searchInstalled(): Promise<string | undefined> {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...BESIDES_PATH];
  const candidates = folders.filter((folder) => folder !== '').map((f) => join(f, 'nats-server'));
  for (const candidate of [...candidates, await releaseBinary()]) {
    if (await isExecutable(candidate)) return candidate;
  }
  return undefined;
}

const INSTALLERS: readonly NatsInstaller[] = [
  {
    name: 'apt-get',
    isPossible: async () => process.getuid?.() === 0 && (await isExecutable('/usr/bin/apt-get')),
    install: async () => {
      await run('apt-get', ['update', '-qq']);
      await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'nats-server'], {
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      });
    },
  },
  {
    name: 'brew',
    isPossible: () =>
      run('brew', ['--version']).then(
        () => true,
        () => false,
      ),
    install: () => run('brew', ['install', 'nats-server']),
  },
  {
    name: 'download',
    isPossible: () => Promise.resolve(true),
    install: () => downloadNatsServer(),
  },
];

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
