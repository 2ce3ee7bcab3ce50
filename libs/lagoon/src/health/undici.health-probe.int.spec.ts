import { once } from 'node:events';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { TargetRefusedError } from '@uplift/outbound';
import { UndiciHealthProbe } from './undici.health-probe';
import { tracesIn } from '../testing/traces-in';
import { systemClock } from '@uplift/runtime';

describe('the health probe', () => {
  const servers: Server[] = [];
  const probe = new UndiciHealthProbe({ allowLoopback: true }, systemClock);

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

  it('writes no stack trace for a probe that was answered', async () => {
    const url = await serve((_request, response) => response.end('well'));
    const traces = await tracesIn('undici', () => probe.probe(url, { timeoutMs: 5000 }));
    expect(traces).toEqual([]);
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

  it.each([301, 302, 303, 307, 308])('follows no %d to this machine', async (status) => {
    let asked = 0;
    const inner = await serve((_request, response) => response.end(String((asked += 1))));
    const location = inner.replace('http:', 'https:');
    for (const target of [inner, location, '//127.0.0.1/', 'file:///etc/passwd']) {
      const url = await serve((_request, response) =>
        response.writeHead(status, { location: target, refresh: `0; url=${target}` }).end(),
      );
      const result = await probe.probe(url, { timeoutMs: 5000 });
      expect(result).toMatchObject({ outcome: 'unhealthy', status });
    }
    expect(asked).toBe(0);
  });

  it('asks only a host of the environment', async () => {
    let asked = 0;
    const url = await serve((_request, response) => response.end(String((asked += 1))));
    const elsewhere = { timeoutMs: 5000, allowedHosts: ['app.example.com'] };
    await expect(probe.probe(url, elsewhere)).rejects.toThrow(TargetRefusedError);
    expect(asked).toBe(0);
    const here = await probe.probe(url, { timeoutMs: 5000, allowedHosts: ['127.0.0.1'] });
    expect(here.outcome).toBe('healthy');
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
    const sent = new Set<Socket>();
    const url = await serve(({ socket }, response) => {
      sent.add(socket);
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(16 * 1024)));
      };
      response.on('drain', more);
      more();
    });
    expect((await probe.probe(url, { timeoutMs: 5000 })).outcome).toBe('healthy');
    // What the operating system holds in between is a few MiB at most.
    const [socket] = sent;
    expect(socket?.bytesWritten).toBeLessThan(16 * 1024 * 1024);
  });

  it('calls an answer that only drips unresponsive when the time is over', async () => {
    const drips: NodeJS.Timeout[] = [];
    const url = await serve((_request, response) => {
      drips.push(setInterval(() => response.write('x'), 5));
    });
    const result = await probe.probe(url, { timeoutMs: 100 });
    drips.forEach(clearInterval);
    expect(result).toMatchObject({ outcome: 'unresponsive', detail: 'no answer in 100 ms' });
    expect(result.durationMs).toBeLessThan(2000);
  });

  it('calls headers that only drip unresponsive when the time is over', async () => {
    const drips: NodeJS.Timeout[] = [];
    const url = await serve(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\nx-drip: ');
      drips.push(setInterval(() => socket.write('x'), 5));
    });
    const result = await probe.probe(url, { timeoutMs: 100 });
    drips.forEach(clearInterval);
    expect(result.outcome).toBe('unresponsive');
  });

  it('takes a packed answer as it is: what is never unpacked cannot burst', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end('this is no gzip at all');
    });
    const result = await probe.probe(url, { timeoutMs: 5000 });
    expect(result.outcome).toBe('healthy');
  });

  it('keeps nothing of an answer but its status', async () => {
    const url = await serve((_request, response) =>
      response.writeHead(200, 'canary', { 'x-canary': 'canary' }).end('canary'),
    );
    const result = await probe.probe(`${url}/canary`, { timeoutMs: 5000 });
    expect(Object.keys(result).sort()).toEqual(['detail', 'durationMs', 'outcome', 'status']);
    expect(JSON.stringify(result)).not.toContain('canary');
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
    const lost = new UndiciHealthProbe({}, systemClock, () =>
      Promise.reject(new Error('ENOTFOUND')),
    );
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
      const rebound = new UndiciHealthProbe({}, systemClock, () => Promise.resolve(addresses));
      const probing = rebound.probe('https://app.example.com', { timeoutMs: 5000 });
      await expect(probing).rejects.toThrow(TargetRefusedError);
    },
  );

  it('ends with the reason when the caller aborts', async () => {
    const stop = new AbortController();
    const url = await serve(() => stop.abort(new Error('stopping')));
    const probing = probe.probe(url, { timeoutMs: 5000, signal: stop.signal });
    await expect(probing).rejects.toThrow('stopping');
  });
});
