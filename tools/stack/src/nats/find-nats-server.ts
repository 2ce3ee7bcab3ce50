import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../workspace/cache-folder';
import { exclusively } from '../workspace/file-lock';
import { NATS_VERSION, buildNatsServer, downloadNatsServer, releaseFolder } from './nats-release';

const run = promisify(execFile);
const LEAST_VERSION = '2.12';
/** Packages put programs where a normal account's PATH does not look. */
const BESIDES_PATH = [
  ...['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin'],
  '/usr/local/go/bin',
];

export interface FoundNatsServer {
  readonly path: string;
  readonly version: string;
  /** Why this one, for the person who started it. */
  readonly reason: string;
}

export function describeNatsServer({ path, version, reason }: FoundNatsServer): string {
  return `nats-server ${version}, ${path} (${reason})`;
}

export interface NatsInstaller {
  readonly name: string;
  readonly isPossible: () => Promise<boolean>;
  readonly install: () => Promise<unknown>;
}

/** What the choice depends on. */
export interface NatsMachine {
  /** The server that `UPLIFT_NATS_SERVER` names. */
  readonly named: string | undefined;
  /** Servers on PATH, in its order. */
  readonly onPath: () => Promise<readonly string[]>;
  /** The pinned release, if an earlier run kept it. */
  readonly kept: () => Promise<string | undefined>;
  readonly versionOf: (path: string) => Promise<string | undefined>;
  /** In the order in which they are tried. */
  readonly installers: readonly NatsInstaller[];
}

let found: Promise<FoundNatsServer> | undefined;

/** The nats-server to run on this machine, installed if need be; looked for once in a process. */
export function natsServer(): Promise<FoundNatsServer> {
  found ??= findNatsServer(thisMachine());
  return found;
}

/** A server that is there if it is new enough, else one that can be installed, else an older one. */
export async function findNatsServer(machine: NatsMachine): Promise<FoundNatsServer> {
  return (
    (await present(machine)) ??
    exclusively(join(await cacheFolder(), 'nats.lock'), () => installed(machine))
  );
}

async function present(machine: NatsMachine): Promise<FoundNatsServer | undefined> {
  if (machine.named !== undefined) return namedServer(machine, machine.named);
  const servers = await serversOnPath(machine);
  const recent = servers.find(({ version }) => isAtLeast(version, LEAST_VERSION));
  if (recent) return { ...recent, reason: 'it is on PATH' };
  const path = await machine.kept();
  if (path === undefined) return undefined;
  const older = servers[0];
  const reason = older
    ? `${older.path} is ${older.version}, and ${LEAST_VERSION} or newer is wanted`
    : 'there is none on PATH';
  return { path, version: NATS_VERSION, reason: `kept from an earlier installation; ${reason}` };
}

async function namedServer(machine: NatsMachine, path: string): Promise<FoundNatsServer> {
  const version = await machine.versionOf(path);
  if (version === undefined) {
    throw new Error(`UPLIFT_NATS_SERVER names ${path}, which is no nats-server that runs here`);
  }
  return { path, version, reason: 'UPLIFT_NATS_SERVER names it' };
}

async function serversOnPath({ onPath, versionOf }: NatsMachine) {
  const paths = await onPath();
  const versions = await Promise.all(paths.map(versionOf));
  return paths.flatMap((path, n) => {
    const version = versions[n];
    return version === undefined ? [] : [{ path, version }];
  });
}

async function installed(machine: NatsMachine): Promise<FoundNatsServer> {
  const problems: string[] = [];
  for (const installer of machine.installers) {
    // Another process may have installed it while this one waited for the lock.
    const server = (await present(machine)) ?? (await attempt(installer, machine, problems));
    if (server) return server;
  }
  const [older] = await serversOnPath(machine);
  const tried = problems.length === 0 ? '' : ` (${problems.join('; ')})`;
  if (older) {
    const reason = `${NATS_VERSION} could not be installed${tried}. This one is for development only: production needs ${LEAST_VERSION} or newer`;
    return { ...older, reason };
  }
  throw new Error(
    `nats-server is not installed and could not be${tried}: install ${NATS_VERSION} and put it on PATH, see https://docs.nats.io`,
  );
}

async function attempt(
  { name, isPossible, install }: NatsInstaller,
  machine: NatsMachine,
  problems: string[],
): Promise<FoundNatsServer | undefined> {
  if (!(await isPossible())) return undefined;
  try {
    await install();
  } catch (error) {
    problems.push(`${name}: ${firstLine(error)}`);
    return undefined;
  }
  const server = await present(machine);
  return server && { ...server, reason: `installed now: ${name}` };
}

function thisMachine(): NatsMachine {
  return {
    named: process.env.UPLIFT_NATS_SERVER,
    onPath: () => programs('nats-server'),
    kept: async () => {
      const path = join(await releaseFolder(), 'nats-server');
      return (await isExecutable(path)) ? path : undefined;
    },
    versionOf,
    installers: INSTALLERS,
  };
}

const INSTALLERS: readonly NatsInstaller[] = [
  {
    name: 'official archive',
    isPossible: () => Promise.resolve(true),
    install: () => {
      progress(`Downloading nats-server ${NATS_VERSION}`);
      return downloadNatsServer();
    },
  },
  {
    name: 'go install',
    isPossible: async () => (await programs('go')).length > 0,
    install: async () => {
      progress(`Building nats-server ${NATS_VERSION} with go install, which takes a minute or two`);
      const [go = 'go'] = await programs('go');
      await buildNatsServer(go);
    },
  },
  {
    name: 'brew',
    isPossible: async () => (await programs('brew')).length > 0,
    install: () => {
      progress('Installing nats-server with brew');
      return run('brew', ['install', 'nats-server']);
    },
  },
  {
    name: 'apt-get',
    isPossible: async () =>
      process.getuid?.() === 0 &&
      (await isExecutable('/usr/bin/apt-get')) &&
      (await programs('nats-server')).length === 0,
    install: async () => {
      progress('Installing nats-server with apt-get');
      await run('apt-get', ['update', '-qq']);
      await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'nats-server'], {
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      });
    },
  },
];

/** To the error stream: standard output may be read by a program. */
function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 5_000 });
    return /\d+\.\d+\.\d+/.exec(stdout)?.[0];
  } catch {
    return undefined;
  }
}

function isAtLeast(version: string, least: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

async function programs(name: string): Promise<string[]> {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...BESIDES_PATH];
  const paths = [...new Set(folders)].filter((folder) => folder !== '').map((f) => join(f, name));
  const runnable = await Promise.all(paths.map(isExecutable));
  return paths.filter((_, n) => runnable[n]);
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
