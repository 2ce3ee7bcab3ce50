import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { systemClock } from '@uplift/runtime';
import { NoReceiverError } from './receiver.port';
import { UndiciReceiver } from './undici.receiver';

const TIMEOUT_MS = 2_000;
const LOOPBACK = { allowLoopback: true };
const CALL = { headers: { 'webhook-id': 'msg-1' }, body: '{"hello":"wörld"}' };

function receiver(timeoutMs = TIMEOUT_MS) {
  return new UndiciReceiver({ rules: LOOPBACK, clock: systemClock, timeoutMs });
}

describe('a call of a receiver', () => {
  const servers: Server[] = [];

  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.close();
      await once(server, 'close');
    }
  });

  async function listening(server: Server): Promise<string> {
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const answering = (listener: RequestListener) => listening(createServer(listener));

  /** Sends these bytes to whoever connects, and says when the connection has ended. */
  async function sending(send: (socket: Socket) => void) {
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const url = await listening(
      createTcpServer((socket) => {
        socket.on('error', () => undefined).once('close', end);
        // A socket that nobody reads from never learns that the other side has gone.
        socket.resume();
        send(socket);
      }),
    );
    return { url, ended };
  }

  it('posts the very bytes that were signed, with their headers, to path and query', async () => {
    const got: unknown[] = [];
    const url = await answering((request, response) => {
      const { method, url: path, headers } = request;
      void text(request).then((body) => {
        got.push({ method, path, id: headers['webhook-id'], body });
        response.writeHead(202, { 'retry-after': '7' }).end('thanks');
      });
    });
    const answer = await receiver().call({ ...CALL, url: `${url}/hooks?of=shop` });
    expect(answer).toEqual({ status: 202, retryAfter: '7' });
    expect(got).toEqual([{ method: 'POST', path: '/hooks?of=shop', id: 'msg-1', body: CALL.body }]);
  });

  it('follows no redirect', async () => {
    let calls = 0;
    const url = await answering((_, response) => {
      calls += 1;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(await receiver().call({ ...CALL, url })).toEqual({ status: 302 });
    expect(calls).toBe(1);
  });

  it('reads no answer that has no end: the connection ends with its head', async () => {
    const { url, ended } = await sending((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      const chunk = Buffer.alloc(65_536, 'x');
      const more = () => {
        socket.write(`${chunk.length.toString(16)}\r\n`);
        socket.write(chunk);
        socket.write('\r\n', () => socket.writable && setImmediate(more));
      };
      more();
    });
    expect(await receiver().call({ ...CALL, url })).toEqual({ status: 200 });
    await ended;
  });

  it.each<[string, (socket: Socket) => void]>([
    ['says nothing', () => undefined],
    [
      'says a letter at a time',
      (socket) => {
        const head = 'HTTP/1.1 200 OK\r\nx: '.split('');
        const next = () => {
          if (socket.writable) socket.write(head.shift() ?? 'x', () => setTimeout(next, 20));
        };
        next();
      },
    ],
  ])('ends in time where the server %s', async (_, send) => {
    const { url, ended } = await sending(send);
    const call = receiver(300).call({ ...CALL, url });
    await expect(call).rejects.toThrow('no answer in 300 ms');
    await ended;
  });

  it.each<[string, (socket: Socket) => void]>([
    ['hangs up', (socket) => socket.destroy()],
    ['speaks no HTTP', (socket) => socket.end('220 mail.example.com ESMTP\r\n')],
    [
      'has a head without end',
      (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}`),
    ],
  ])('has no answer where the server %s', async (_, send) => {
    const { url } = await sending(send);
    await expect(receiver().call({ ...CALL, url })).rejects.toThrow(NoReceiverError);
  });

  it('is not made to an address that is not public, whatever the name', async () => {
    const rebinding = new UndiciReceiver({
      rules: {},
      clock: systemClock,
      timeoutMs: TIMEOUT_MS,
      resolve: () =>
        Promise.resolve([
          { address: '93.184.216.34', family: 4 },
          { address: '169.254.169.254', family: 4 },
        ]),
    });
    const call = rebinding.call({ ...CALL, url: 'https://metadata.example.com/' });
    await expect(call).rejects.toThrow('not public');
    for (const url of ['https://127.0.0.1/', 'http://example.com/', 'https://0x7f.1/']) {
      await expect(rebinding.call({ ...CALL, url })).rejects.toThrow('Target refused');
      expect(rebinding.whyNot(url)).not.toBeNull();
    }
    expect(rebinding.whyNot('https://shop.example.com/hooks')).toBeNull();
  });
});
