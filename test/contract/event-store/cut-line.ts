import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

interface Target {
  readonly host: string;
  readonly port: number;
}

/** A TCP line to a server that a test can cut, freeze and mend; the port stays the same. */
export class CutLine {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private port = 0;
  private frozen = false;

  constructor(private target: number) {}

  async open(): Promise<string> {
    this.frozen = false;
    const server = this.listener();
    this.server = server;
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    return this.connectionString(this.port);
  }

  /** Connections break and new ones are refused. */
  async cut(): Promise<void> {
    const closed = new Promise((resolve) => this.server?.close(resolve) ?? resolve(undefined));
    this.server = undefined;
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /** Connections stay, but nothing arrives any more. */
  freeze(): void {
    this.frozen = true;
    for (const socket of this.sockets) socket.pause();
  }

  /** New connections work again; those that were frozen stay so. */
  thaw(): void {
    this.frozen = false;
  }

  /** New connections lead to another server. */
  turnTo(target: number): void {
    this.target = target;
  }

  protected connectionString(port: number): string {
    return `esdb://127.0.0.1:${port}?tls=false`;
  }

  protected listener(): Server {
    return createServer({ noDelay: true }, (client) =>
      this.join(client, { host: '127.0.0.1', port: this.target }),
    );
  }

  protected join(client: Socket, target: Target): void {
    if (!this.server) {
      client.destroy();
      return;
    }
    const server = connect({ ...target, noDelay: true });
    client.pipe(server).pipe(client);
    for (const socket of [client, server]) this.keep(socket);
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
  }

  protected keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket)).on('error', () => undefined);
    if (this.frozen) socket.unpipe().pause();
  }
}

/**
 * The same to every node of somebody else's store, as a proxy that gRPC asks for a tunnel: names, certificates and
 * credentials stay those of the connection string.
 */
export class CutTunnel extends CutLine {
  constructor(private readonly store: string) {
    super(0);
  }

  protected override connectionString(port: number): string {
    process.env.grpc_proxy = `http://127.0.0.1:${port}`;
    process.env.no_grpc_proxy = 'none.invalid';
    return this.store;
  }

  protected override listener(): Server {
    const server = createHttpServer();
    server.on('connection', (socket) => this.keep(socket));
    server.on('connect', ({ url = '' }, client: Socket) => {
      const { hostname, port } = new URL(`http://${url}`);
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      this.join(client, { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) });
    });
    return server;
  }
}
