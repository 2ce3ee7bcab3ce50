import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A TCP line to a server that a test can cut, freeze and mend; the port stays the same. */
export class CutLine {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private port = 0;
  private frozen = false;

  constructor(private target: number) {}

  async open(): Promise<string> {
    this.frozen = false;
    const server = createServer({ noDelay: true }, (client) => this.join(client));
    this.server = server;
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    return `esdb://127.0.0.1:${this.port}?tls=false`;
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

  private join(client: Socket): void {
    if (!this.server) {
      client.destroy();
      return;
    }
    const server = connect({ port: this.target, host: '127.0.0.1', noDelay: true });
    client.pipe(server).pipe(client);
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket)).on('error', () => undefined);
      if (this.frozen) socket.unpipe().pause();
    }
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
  }
}
