import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { Transform } from 'node:stream';

/** A TCP line to a local server on which everything arrives late, in its order. */
export class SlowLine {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: number,
    private readonly delayMs: number,
  ) {
    server.on('connection', (client) => this.join(client));
  }

  /** @param delayMs in each direction */
  static async open(target: number, delayMs: number): Promise<SlowLine> {
    const line = new SlowLine(createServer({ noDelay: true }), target, delayMs);
    await new Promise<void>((resolve) => line.server.listen(0, '127.0.0.1', resolve));
    return line;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private join(client: Socket): void {
    const server = connect({ port: this.target, host: '127.0.0.1', noDelay: true });
    client.pipe(this.late()).pipe(server);
    server.pipe(this.late()).pipe(client);
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket)).on('error', () => undefined);
    }
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
  }

  /** What comes within the delay of something else is not held up by it. */
  private late(): Transform {
    const late = new Transform({
      transform: (chunk, _encoding, done) => {
        setTimeout(() => !late.destroyed && late.push(chunk), this.delayMs);
        done();
      },
      flush: (done) => void setTimeout(done, this.delayMs),
    });
    return late;
  }
}
