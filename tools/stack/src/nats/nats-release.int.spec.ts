import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from '../postgres/postgres-server';
import type { TempFolder } from '../process/temp-folder';
import { createTempFolder } from '../process/temp-folder';
import { downloadNatsServer } from './nats-release';

const VERSION = 'v0.0.1';
const ARCHITECTURE = process.arch === 'arm64' ? 'arm64' : 'amd64';
const NAME = `nats-server-${VERSION}-${process.platform}-${ARCHITECTURE}`;

describe('the official release of nats-server', () => {
  let folder: TempFolder;
  let server: Server;
  let baseUrl: string;
  let archive: Buffer;
  let sums: string;

  beforeAll(async () => {
    folder = await createTempFolder();
    archive = packedRelease(folder.path);
    server = createServer((request, response) => {
      const files: Record<string, Buffer | string> = {
        [`/${VERSION}/${NAME}.tar.gz`]: archive,
        [`/${VERSION}/SHA256SUMS`]: sums,
      };
      const file = files[request.url ?? ''];
      response.writeHead(file === undefined ? 404 : 200).end(file);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  beforeEach(() => {
    const checksum = createHash('sha256').update(archive).digest('hex');
    sums = `${'0'.repeat(64)}  another.tar.gz\n${checksum}  ${NAME}.tar.gz\n`;
  });

  afterAll(async () => {
    server.close();
    server.closeAllConnections();
    await folder.remove();
  });

  const download = (target: string, version = VERSION) =>
    downloadNatsServer({ baseUrl, version, folder: join(folder.path, target) });

  it('is unpacked when its checksum is the listed one', async () => {
    const binary = await download('good');
    expect(readFileSync(binary, 'utf8')).toBe('#!/bin/sh\necho nats-server\n');
    expect(execFileSync(binary, { encoding: 'utf8' })).toBe('nats-server\n');
    expect(readdirSync(folder.path).filter((name) => name.startsWith('good-'))).toEqual([]);
  });

  it('is refused when the checksum differs', async () => {
    sums = `${'0'.repeat(64)}  ${NAME}.tar.gz\n`;
    await expect(download('wrong')).rejects.toThrow(/has checksum .* SHA256SUMS lists 0000/);
    expect(existsSync(join(folder.path, 'wrong'))).toBe(false);
  });

  it('is refused when no checksum is listed', async () => {
    sums = `${'0'.repeat(64)}  x${NAME}.tar.gz\n`;
    await expect(download('unlisted')).rejects.toThrow(`SHA256SUMS does not list ${NAME}.tar.gz`);
  });

  it('is refused when it cannot be fetched', async () => {
    await expect(download('missing', 'v9')).rejects.toThrow(
      `${baseUrl}/v9/SHA256SUMS could not be fetched: it answered 404`,
    );
  });

  it('is given up after one attempt when nothing can be reached', async () => {
    const lost = downloadNatsServer({
      baseUrl: `http://127.0.0.1:${await freePort()}`,
      version: VERSION,
      folder: join(folder.path, 'lost'),
    });
    await expect(lost).rejects.toThrow(/SHA256SUMS could not be fetched: .*ECONNREFUSED/);
  });

  describe('behind a proxy', () => {
    let proxy: Server;
    let target: string;
    const asked: string[] = [];

    beforeAll(async () => {
      target = `127.0.0.1:${await freePort()}`;
      proxy = createServer().on('connect', ({ url }, client) => {
        asked.push(url ?? '');
        if (url !== new URL(baseUrl).host) return client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
        const origin = connect(Number(new URL(baseUrl).port), '127.0.0.1');
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        return client.pipe(origin).pipe(client);
      });
      await once(proxy.listen(0, '127.0.0.1'), 'listening');
      const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      Object.assign(process.env, { https_proxy: address, http_proxy: address });
    });

    beforeEach(() => asked.splice(0));

    afterAll(() => {
      delete process.env.https_proxy;
      delete process.env.http_proxy;
      delete process.env.no_proxy;
      proxy.close();
    });

    const throughProxy = () =>
      downloadNatsServer({
        baseUrl: `https://${target}`,
        version: VERSION,
        folder: join(folder.path, 'proxied'),
      });

    it('is asked for at the proxy that the environment names', async () => {
      await expect(throughProxy()).rejects.toThrow(/could not be fetched/);
      expect(asked).toEqual([target]);
    });

    it('comes through that proxy whole', async () => {
      const binary = await download('through-proxy');
      expect(execFileSync(binary, { encoding: 'utf8' })).toBe('nats-server\n');
      expect(new Set(asked)).toEqual(new Set([new URL(baseUrl).host]));
    });

    it('is fetched directly where the environment says so', async () => {
      process.env.no_proxy = '127.0.0.1';
      await expect(throughProxy()).rejects.toThrow(/ECONNREFUSED/);
      expect(asked).toEqual([]);
    });
  });
});

function packedRelease(folder: string): Buffer {
  const release = join(folder, NAME);
  mkdirSync(release);
  writeFileSync(join(release, 'nats-server'), '#!/bin/sh\necho nats-server\n', { mode: 0o755 });
  const file = join(folder, 'packed.tar.gz');
  execFileSync('tar', ['-czf', file, '-C', folder, NAME]);
  return readFileSync(file);
}
