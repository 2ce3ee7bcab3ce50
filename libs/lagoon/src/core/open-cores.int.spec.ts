import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LagoonUnauthenticatedError } from '../lagoon.outcomes';
import type { TokenOrigin } from '../token/token-origin';
import type { LagoonCores } from './lagoon-cores';
import { openCores } from './open-cores';
import type { CoreObserver } from './resilience-policy';
import { CONTEXT, NOBODY, RULES } from '../testing/guarded-fixture';
import { UNLIMITED } from '../testing/unguarded-core';

const noSignal = () => new AbortController().signal;
const MARKER = { environmentId: 1, bulkName: 'marker' };

describe('a core that accepts only its newest token', () => {
  let accepted = '';
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const token = (request.headers.authorization ?? '').replace('Bearer ', '');
    seen.push(token);
    request.resume().on('end', () => {
      if (token === accepted) return response.end('{"data":{"lagoonVersion":"v2"}}');
      response.writeHead(401).end('{"errors":[{"message":"Unauthorized"}]}');
    });
  });
  let folder: string;
  let path: string;
  let cores: LagoonCores;
  let told: string[];

  beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'uplift-cores-'));
    path = join(folder, 'token');
    seen.length = 0;
    told = [];
  });

  afterEach(async () => {
    await cores.close();
    rmSync(folder, { recursive: true });
  });

  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  function open(token: TokenOrigin) {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
    const options = { name: 'eu', url, token, requestsPerSecond: 0, settings: UNLIMITED };
    const observer: CoreObserver = { ...NOBODY, onTokenFailure: (reason) => told.push(reason) };
    cores = openCores({ forEveryName: options }, RULES, {
      ...CONTEXT,
      observerOf: () => observer,
    });
    return cores.of('eu').lagoon;
  }

  /** Prints what the file holds. */
  const printing = (): TokenOrigin => {
    const script = 'process.stdout.write(require("fs").readFileSync(process.argv[1], "utf8"))';
    return { kind: 'command', command: [process.execPath, '-e', script, path] };
  };

  it('is read with a new token from the command in the same call', async () => {
    writeFileSync(path, 'first');
    accepted = 'first';
    const lagoon = open(printing());
    await lagoon.ping();
    writeFileSync(path, 'second');
    accepted = 'second';
    expect(await lagoon.ping()).toBe('v2');
    expect(seen).toEqual(['first', 'first', 'second']);
  });

  it('is not changed twice by one call: the caller hears that the token was old', async () => {
    writeFileSync(path, 'first');
    const lagoon = open(printing());
    accepted = 'second';
    const answer = await lagoon.deployLatest(MARKER, noSignal());
    expect(answer).toMatchObject({ kind: 'refused', cause: 'unauthenticated', retryable: true });
    expect(seen).toEqual(['first']);
    writeFileSync(path, 'second');
    await lagoon.deployLatest(MARKER, noSignal());
    expect(seen).toEqual(['first', 'second']);
  });

  it('is spoken to with what the file holds at that moment', async () => {
    writeFileSync(path, 'first');
    const lagoon = open({ kind: 'file', path });
    accepted = 'second';
    await expect(lagoon.ping()).rejects.toThrow(LagoonUnauthenticatedError);
    writeFileSync(path, 'second');
    expect(await lagoon.ping()).toBe('v2');
  });

  it('is not spoken to without a token, and the reason is told without secrets', async () => {
    writeFileSync(path, 'canary and more');
    const lagoon = open(printing());
    const answer = await lagoon.deployLatest(MARKER, noSignal());
    expect(answer).toMatchObject({ kind: 'refused', cause: 'not-sent', retryable: true });
    expect(seen).toEqual([]);
    expect(told).toEqual(['No token for Lagoon: what was given is not a token']);
    expect(JSON.stringify(answer)).not.toContain('canary');
  });
});
