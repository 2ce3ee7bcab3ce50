import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import { problem } from '@uplift/contracts';
import { EventsLeftOutError } from './http.following';
import type { LeftOut } from './http.following';
import { overHttp } from './http.transport';
import { NoPauses } from './testing/manual-waits';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let server: Server;
let url: string;
let seen: Seen[];
let answers: Handler[];

beforeEach(async () => {
  seen = [];
  answers = [];
  server = createServer((request, response) => {
    void text(request).then((body) => {
      const { method, headers } = request;
      seen.push({ method, url: request.url, headers, body });
      answers.shift()?.(request, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const says =
  (content: unknown, status = 200): Handler =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof content === 'string' ? content : JSON.stringify(content));
  };

const breaks: Handler = (request) => request.socket.destroy();

const client = (token?: string) =>
  overHttp(token === undefined ? { url } : { url: `${url}/`, token }, new NoPauses());

describe('over HTTP', () => {
  it('a command goes to its route, with its key, its revision and the token', async () => {
    answers = [says({ upgradeId: 'u1' }, 202)];
    const input = { instanceId: 'a/b', upgradeId: 'u1', reason: 'again' };
    const options = { key: 'k1', ifRevision: 7 };
    expect(await client('secret').command('retryUpgrade', input, options)).toEqual({
      upgradeId: 'u1',
    });
    const [{ method, url: path, headers, body } = seen[0]!] = seen;
    expect({ method, path, body }).toEqual({
      method: 'POST',
      path: '/v1/instances/a%2Fb/upgrades/u1/retry',
      body: '{"reason":"again"}',
    });
    expect(headers).toMatchObject({
      ...{ 'idempotency-key': 'k1', 'if-match': '"7"', authorization: 'Bearer secret' },
      'content-type': 'application/json',
    });
  });

  it('a query is a URL', async () => {
    answers = [says({ items: [] })];
    await client().query('instanceList', { limit: 5, reasonClass: 'build', cursor: 'a&b' });
    expect(seen[0]?.url).toBe('/v1/instances?limit=5&reason-class=build&cursor=a%26b');
  });

  it('a list is a parameter that stands there several times', async () => {
    answers = [says({ items: [] })];
    await client().query('upgradeList', { label: ['tenant=a', 'tier=1,2'], limit: 5 });
    expect(seen[0]?.url).toBe('/v1/upgrades?label=tenant%3Da&label=tier%3D1%2C2&limit=5');
  });

  it('what a route cannot take is said before it is sent', async () => {
    const none = client().query('instanceGet', { instanceId: '' });
    await expect(none).rejects.toThrow('instanceId is missing');
    const odd = client().query('instanceStats', { labels: { a: 'b' } });
    await expect(odd).rejects.toThrow('instanceStats takes no labels over HTTP');
    expect(seen).toEqual([]);
  });

  it.each(['ftp://uplift', 'uplift', ''])('%j is no address', (address) => {
    expect(() => overHttp({ url: address })).toThrow(RangeError);
  });

  it('a refusal is thrown as it is', async () => {
    const refused = problem('instance-unknown', 'no such instance');
    answers = [says(refused, 404)];
    const asked = client().query('instanceGet', { instanceId: 'i1' });
    await expect(asked).rejects.toMatchObject({ name: 'ProblemError', problem: refused });
  });

  it('what stands before the API and is away for a moment is asked again, as is what breaks off', async () => {
    answers = [says('<html>', 502), breaks, says('{"cut', 200), says({ items: [] })];
    expect(await client().query('instanceList', {})).toEqual({ items: [] });
    expect(seen).toHaveLength(4);
  });

  it('what is not the API is not asked again', async () => {
    answers = [says('<html>', 404)];
    await expect(client().query('instanceList', {})).rejects.toThrow('answered 404');
    expect(seen).toHaveLength(1);
  });
});

const streams =
  (frames: string, end: 'break' | 'stay' = 'break'): Handler =>
  ({ socket }, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`retry: 3000\n: connected\n\n${frames}`, () => {
      if (end === 'break') socket.end();
    });
  };

const event = (position: number) =>
  `id: ${position}\nevent: event\ndata: ${JSON.stringify({ type: 'UpgradeRequested', position: `${position}` })}\n\n`;

const RESYNC = 'id: 9\nevent: resync\ndata: {"after":"2","position":"9"}\n\n';

async function take(events: AsyncIterable<{ position: string }>, most: number): Promise<string[]> {
  const positions: string[] = [];
  for await (const { position } of events) if (positions.push(position) === most) break;
  return positions;
}

describe('events over HTTP', () => {
  it('go on behind what was seen last, over connections that break and an API that is away', async () => {
    answers = [
      streams(event(1) + event(2)),
      breaks,
      says('', 503),
      streams(': heartbeat\n\n' + event(3), 'stay'),
    ];
    const followed = client().follow({ instanceId: 'i1', after: '0' });
    expect(await take(followed, 3)).toEqual(['1', '2', '3']);
    expect(seen.map(({ headers }) => headers['last-event-id'])).toEqual(['0', '2', '2', '2']);
    expect(seen[0]?.url).toBe('/v1/events?instanceId=i1');
  });

  it('end with an error where some were left out, and with the caller who says what to do', async () => {
    answers = [streams(event(2) + RESYNC + event(10), 'stay')];
    const silent = take(client().follow({ after: '1' }), 2);
    await expect(silent).rejects.toBeInstanceOf(EventsLeftOutError);
    answers = [streams(event(2) + RESYNC + event(10), 'stay')];
    const told: LeftOut[] = [];
    const onLeftOut = (leftOut: LeftOut) => void told.push(leftOut);
    expect(await take(client().follow({ after: '1', onLeftOut }), 2)).toEqual(['2', '10']);
    expect(told).toEqual([{ after: '2', position: '9' }]);
  });

  it('cannot be said to be whole when the connection is lost before the first of them', async () => {
    answers = [streams(''), streams(event(5), 'stay')];
    await expect(take(client().follow({}), 1)).rejects.toBeInstanceOf(EventsLeftOutError);
  });

  it('are refused to whoever has no right to them', async () => {
    answers = [says(problem('credentials-refused', 'no'), 401)];
    await expect(take(client().follow({ after: '0' }), 1)).rejects.toMatchObject({
      problem: { code: 'credentials-refused' },
    });
  });

  it('end when the caller says so', async () => {
    answers = [streams(event(1), 'stay')];
    const stop = new AbortController();
    const positions: string[] = [];
    for await (const { position } of client().follow({ after: '0', signal: stop.signal })) {
      positions.push(position);
      stop.abort();
    }
    expect(positions).toEqual(['1']);
  });
});
