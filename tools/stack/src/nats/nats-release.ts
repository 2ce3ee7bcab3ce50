import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { EnvHttpProxyAgent, fetch } from 'undici';
import { cacheFolder } from '../workspace/cache-folder';
import { replaceFolder } from '../workspace/replace-folder';

/** The release that every suite runs on, and that docker-compose.yml names. */
export const NATS_VERSION = '2.15.2';
const VERSION = `v${NATS_VERSION}`;
/** Where the world cannot be reached, that has to show at once: another way is waiting. */
const CONNECT_LIMIT_MS = 3_000;
const ANSWER_LIMIT_MS = 10_000;
const DOWNLOAD_LIMIT_MS = 120_000;
const GO_LIMIT_MS = 600_000;
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

interface ReleaseSource {
  readonly baseUrl: string;
  readonly version: string;
  /** Where the binary goes. */
  readonly folder: string;
}

/** Where the pinned release lies, whether it is there or not. */
export async function releaseFolder(): Promise<string> {
  return join(await cacheFolder(), `nats-server-${VERSION}`);
}

/** Downloads the official release and keeps it only when its checksum is the one the release lists. */
export async function downloadNatsServer(source?: ReleaseSource): Promise<string> {
  const { baseUrl, version, folder } = source ?? {
    baseUrl: 'https://github.com/nats-io/nats-server/releases/download',
    version: VERSION,
    folder: await releaseFolder(),
  };
  const archive = `nats-server-${version}-${process.platform}-${architecture()}.tar.gz`;
  const from = `${baseUrl}/${version}`;
  // Proxies by HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in either case.
  const dispatcher = new EnvHttpProxyAgent({
    connect: { timeout: CONNECT_LIMIT_MS },
    headersTimeout: ANSWER_LIMIT_MS,
    bodyTimeout: DOWNLOAD_LIMIT_MS,
  });
  try {
    const sums = await download(`${from}/SHA256SUMS`, dispatcher);
    const content = await download(`${from}/${archive}`, dispatcher);
    verify(archive, content, sums.toString('utf8'));
    await replaceFolder(folder, (staging) => unpack(content, staging));
  } finally {
    await dispatcher.destroy();
  }
  return join(folder, 'nats-server');
}

function architecture(): string {
  const name = ARCHITECTURES[process.arch];
  if (name === undefined) throw new Error(`there is no release for ${process.arch}`);
  return name;
}

/** One attempt. */
async function download(url: string, dispatcher: EnvHttpProxyAgent): Promise<Buffer> {
  try {
    const signal = AbortSignal.timeout(DOWNLOAD_LIMIT_MS);
    const response = await fetch(url, { dispatcher, signal });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    const { message, cause } = error as Error & { readonly cause?: Partial<Error> };
    const why = cause?.message ?? message;
    throw new Error(`${url} could not be fetched: ${why}`, { cause: error });
  }
}

function verify(archive: string, content: Buffer, sums: string): void {
  const listed = sums
    .split('\n')
    .map((line) => line.trim().split(/\s+\*?/))
    .find(([, file]) => file === archive)?.[0];
  if (listed === undefined) throw new Error(`SHA256SUMS does not list ${archive}`);
  const found = createHash('sha256').update(content).digest('hex');
  if (found === listed.toLowerCase()) return;
  throw new Error(`${archive} has checksum ${found}, SHA256SUMS lists ${listed}`);
}

async function unpack(content: Buffer, staging: string): Promise<string> {
  const file = join(staging, 'archive.tar.gz');
  const release = join(staging, 'release');
  await writeFile(file, content);
  await mkdir(release);
  await promisify(execFile)('tar', ['-xzf', file, '-C', release, '--strip-components=1']);
  return release;
}

/** Builds the pinned release; Go verifies its source with the checksum database. Throws the last line of Go's output. */
export async function buildNatsServer(go: string): Promise<void> {
  await replaceFolder(await releaseFolder(), async (staging) => {
    await goInstall(go, `github.com/nats-io/nats-server/v2@${VERSION}`, staging);
    return staging;
  });
}

async function goInstall(go: string, module: string, gobin: string): Promise<void> {
  const child = spawn(go, ['install', '-v', module], {
    cwd: gobin,
    env: goEnvironment(gobin),
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: GO_LIMIT_MS,
  });
  let last = 'it printed nothing';
  createInterface({ input: child.stderr }).on('line', (line) => {
    // Standard output may be read by a program.
    process.stderr.write(`  ${line}\n`);
    last = line;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(last);
}

/** Settings of the caller that would build another thing, or nothing, do not count. */
export function goEnvironment(gobin: string, inherited = process.env): NodeJS.ProcessEnv {
  const { GOOS: _os, GOARCH: _arch, GOWORK: _work, ...kept } = inherited;
  // An empty GOFLAGS would let the flags of `go env -w` through.
  const flags = { GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'auto', CGO_ENABLED: '0' };
  return { ...kept, ...flags, GOBIN: gobin };
}
