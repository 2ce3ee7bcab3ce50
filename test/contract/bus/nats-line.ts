import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { natsAccess, type BusAccess } from '@uplift/bus';

const INFO = /^INFO (?<info>\{.*\})\s*\r\n/s;
const DEFAULT_PORT = 4222;

interface Info {
  readonly tls_required?: boolean;
}

/**
 * A plain address on this machine for somebody else's NATS servers: a test can cut it, and a client that comes over it
 * learns of no way around it. TLS is the line's; who connects is told to the servers as it is.
 */
export class NatsLine {
  private readonly sockets = new Set<Socket>();
  private readonly places: readonly string[];
  private server: Server | undefined;
  private port = 0;
  private next = 0;

  constructor(private readonly access: BusAccess) {
    this.places = natsAccess(access).servers;
  }

  /** `host:port`, the same each time. */
  async open(): Promise<string> {
    const server = createServer({ noDelay: true }, (client) => void this.join(client));
    this.server = server;
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    return `127.0.0.1:${this.port}`;
  }

  /** Connections break and new ones are refused. */
  async cut(): Promise<void> {
    const closed = new Promise((resolve) => this.server?.close(resolve) ?? resolve(undefined));
    this.server = undefined;
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private async join(client: Socket): Promise<void> {
    this.keep(client);
    const place = this.places[this.next++ % this.places.length] ?? '';
    const { hostname, port } = new URL(`http://${place}`);
    const host = hostname.replace(/^\[|\]$/g, '');
    const socket = connect({ host, port: Number(port || DEFAULT_PORT), noDelay: true });
    this.keep(socket);
    client.on('close', () => socket.destroy());
    socket.on('close', () => client.destroy());
    try {
      const info = await greeting(socket);
      const isTls = info.tls_required === true || natsAccess(this.access).tls !== undefined;
      const server = isTls ? await this.secured(socket, host) : socket;
      client.write(`INFO ${JSON.stringify(plain(info))}\r\n`);
      // Of later news of the cluster nothing is to be heard.
      client.once('data', (first) => {
        server.write(first.toString('latin1').replace('"protocol":1', '"protocol":0'), 'latin1');
        client.pipe(server).pipe(client);
      });
    } catch {
      client.destroy();
    }
  }

  private async secured(socket: Socket, host: string): Promise<TLSSocket> {
    const { tlsCa, tlsCert, tlsKey } = this.access;
    const file = (path: string | undefined) => (path === undefined ? {} : readFileSync(path));
    const secured = connectTls({
      ...{ socket, servername: /^[\d.]+$|:/.test(host) ? '' : host },
      ...(tlsCa === undefined ? {} : { ca: file(tlsCa) as Buffer }),
      ...(tlsCert === undefined ? {} : { cert: file(tlsCert) as Buffer }),
      ...(tlsKey === undefined ? {} : { key: file(tlsKey) as Buffer }),
    });
    this.keep(secured);
    await once(secured, 'secureConnect');
    return secured;
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket)).on('error', () => undefined);
  }
}

function greeting(socket: Socket): Promise<Info> {
  return new Promise((resolve, reject) => {
    let text = '';
    const take = (chunk: Buffer) => {
      text += chunk.toString('latin1');
      const { info } = INFO.exec(text)?.groups ?? {};
      if (info === undefined) return;
      socket.off('data', take);
      socket.pause();
      resolve(JSON.parse(info) as Info);
    };
    socket.on('data', take);
    socket.on('close', () => reject(new Error('The server said nothing')));
  });
}

function plain(info: Info): object {
  const hidden = { tls_required: false, tls_available: false, tls_verify: false };
  return { ...info, ...hidden, connect_urls: [] };
}
