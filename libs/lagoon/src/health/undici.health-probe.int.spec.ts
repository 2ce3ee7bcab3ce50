import { once } from 'node:events';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ProbeTargetRefusedError } from './health-probe.port';
import { UndiciHealthProbe } from './undici.health-probe';

describe('the health probe', () => {
  const servers: Server[] = [];
  const probe = new UndiciHealthProbe({ allowLoopback: true });

  async function serve(answer: RequestListener): Promise<string> {
    const server = createServer(answer).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });

  it.each([
    [200, 'healthy'],
    [204, 'healthy'],
    [302, 'unhealthy'],
    [404, 'unhealthy'],
    [503, 'unhealthy'],
  ])('takes %d for %s', async (status, outcome) => {
    const url = await serve((_request, response) => response.writeHead(status).end());
    expect(await probe.probe(url, { timeoutMs: 5000 })).toMatchObject({ outcome, status });
  });

  it('takes a status that was configured for healthy, and does not follow it', async () => {
    const asked: string[] = [];
    const inner = await serve((_request, response) => response.end(asked.push('inner').toString()));
    const url = await serve((_request, response) =>
      response.writeHead(302, { location: inner }).end(),
    );
    const result = await probe.probe(url, { timeoutMs: 5000, acceptStatuses: [302] });
    expect(result).toMatchObject({ outcome: 'healthy', status: 302 });
    expect(asked).toEqual([]);
  });

  it('asks for the path with nothing that could identify us', async () => {
    let seen: IncomingMessage | undefined;
    const url = await serve((request, response) => {
      seen = request;
      response.end();
    });
    await probe.probe(`${url}/health?deep=1`, { timeoutMs: 5000 });
    expect(seen?.url).toBe('/health?deep=1');
    expect(Object.keys(seen?.headers ?? {}).sort()).toEqual([
      'accept',
      'connection',
      'host',
      'user-agent',
    ]);
  });

  it('calls an app that never answers unresponsive when the time is over', async () => {
    const url = await serve(() => undefined);
    const result = await probe.probe(url, { timeoutMs: 60 });
    expect(result).toMatchObject({ outcome: 'unresponsive', detail: 'no answer in 60 ms' });
    expect(result.durationMs).toBeLessThan(2000);
  });

  it('calls an app whose answer never ends unresponsive', async () => {
    const url = await serve((_request, response) => response.write('x'));
    const result = await probe.probe(url, { timeoutMs: 60 });
    expect(result.outcome).toBe('unresponsive');
  });

  it('reads no more than 64 KiB of an endless answer', async () => {
    const url = await serve((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(16 * 1024)));
      };
      response.on('drain', more);
      more();
    });
    expect((await probe.probe(url, { timeoutMs: 5000 })).outcome).toBe('healthy');
  });

  it.each([
    ['closes the connection', (request: IncomingMessage) => void request.socket.destroy()],
    ['speaks no HTTP', (request: IncomingMessage) => void request.socket.end('220 smtp\r\n')],
  ])('calls an app that %s unresponsive', async (_what, answer) => {
    const url = await serve(answer);
    expect((await probe.probe(url, { timeoutMs: 5000 })).outcome).toBe('unresponsive');
  });

  it('calls a closed port and an unknown name unresponsive', async () => {
    const url = await serve(() => undefined);
    await new Promise((resolve) => servers.pop()?.close(resolve));
    expect((await probe.probe(url, { timeoutMs: 5000 })).outcome).toBe('unresponsive');
    const lost = new UndiciHealthProbe({}, () => Promise.reject(new Error('ENOTFOUND')));
    const result = await lost.probe('https://gone.example.com', { timeoutMs: 5000 });
    expect(result.outcome).toBe('unresponsive');
  });

  it.each([['127.0.0.1'], ['10.0.0.1'], ['169.254.169.254'], ['::1'], ['::ffff:127.0.0.1']])(
    'refuses a public name that resolves to %s, even beside a public address',
    async (address) => {
      const family = address.includes(':') ? 6 : 4;
      const addresses = [
        { address: '93.184.216.34', family: 4 },
        { address, family },
      ];
      const rebound = new UndiciHealthProbe({}, () => Promise.resolve(addresses));
      const probing = rebound.probe('https://app.example.com', { timeoutMs: 5000 });
      await expect(probing).rejects.toThrow(ProbeTargetRefusedError);
    },
  );

  it('ends with the reason when the caller aborts', async () => {
    const stop = new AbortController();
    const url = await serve(() => stop.abort(new Error('stopping')));
    const probing = probe.probe(url, { timeoutMs: 5000, signal: stop.signal });
    await expect(probing).rejects.toThrow('stopping');
  });
});
