import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { eventually } from '../support/eventually';
import { NetworkLink } from './network-link';

describe('a line to a server', () => {
  let server: Server;
  let link: NetworkLink;
  const sockets: Socket[] = [];

  beforeEach(async () => {
    server = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    link = await NetworkLink.open((server.address() as AddressInfo).port);
  });

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await link.close();
    server.close();
  });

  const dial = () => {
    const socket = connect(link.port, '127.0.0.1').on('error', () => undefined);
    sockets.push(socket);
    return socket;
  };

  const call = async () => {
    const socket = dial();
    await once(socket, 'connect');
    return socket;
  };

  const closed = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve));

  const heard = (socket: Socket) => {
    const received: string[] = [];
    socket.on('data', (chunk) => received.push(chunk.toString()));
    return received;
  };

  const echo = async (socket: Socket, text: string) => {
    socket.write(text);
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    return chunk.toString();
  };

  it('carries both directions', async () => {
    expect(await echo(await call(), 'hello')).toBe('hello');
  });

  it('ends its connections when it is cut, and takes them again when it is healed', async () => {
    const socket = await call();
    await echo(socket, 'before');
    const ended = closed(socket);
    link.become({ kind: 'cut' });
    await ended;
    await closed(dial());
    link.heal();
    expect(await echo(await call(), 'after')).toBe('after');
  });

  it('keeps a half-open connection, lets nothing through, and ends it when it is healed', async () => {
    const [deaf, idle] = [await call(), await call()];
    const received = heard(deaf);
    await echo(idle, 'before');
    link.become({ kind: 'half-open' });
    deaf.write('lost');
    // What another connection says is not heard, either.
    const another = await call();
    const alsoReceived = heard(another);
    another.write('lost, too');
    const ended = [closed(deaf), closed(another)];
    await eventually(() => expect(link.deafConnections).toBe(2));
    expect(deaf.destroyed).toBe(false);
    link.heal();
    await Promise.all(ended);
    expect([received, alsoReceived]).toEqual([[], []]);
    expect(await echo(idle, 'after')).toBe('after');
  });

  it('is slow in each direction, and in order', async () => {
    link.become({ kind: 'slow', delayMs: 50 });
    const socket = await call();
    const received = heard(socket);
    const begun = performance.now();
    socket.write('one ');
    await once(socket, 'data');
    expect(performance.now() - begun).toBeGreaterThanOrEqual(95);
    socket.write('two ');
    socket.write('three');
    while (received.join('') !== 'one two three') await once(socket, 'data');
  });
});
