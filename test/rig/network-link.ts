import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { Transform } from 'node:stream';

/**
 * How a link is: `cut` refuses and resets connections; `half-open` keeps them and lets nothing through, for good of
 * what was sent meanwhile; `slow` delays everything, in its order.
 */
export type LinkState =
  | { readonly kind: 'open' | 'cut' | 'half-open' }
  /** In each direction. */
  | { readonly kind: 'slow'; readonly delayMs: number };

const OPEN: LinkState = { kind: 'open' };

interface Pair {
  readonly ends: readonly [Socket, Socket];
  /** Its bytes were thrown away: nothing after them makes sense any more. */
  isDeaf: boolean;
}

/** A TCP line to a local server, which can be cut, slowed down or left half open. */
export class NetworkLink {
  private state = OPEN;
  private readonly pairs = new Set<Pair>();

  private constructor(
    private readonly server: Server,
    private readonly target: number,
  ) {
    server.on('connection', (client) => this.join(client));
  }

  /** @param target port of the server */
  static async open(target: number): Promise<NetworkLink> {
    const link = new NetworkLink(createServer({ noDelay: true }), target);
    await new Promise<void>((resolve) => link.server.listen(0, '127.0.0.1', resolve));
    return link;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Those that bytes were lost on. */
  get deafConnections(): number {
    return [...this.pairs].filter(({ isDeaf }) => isDeaf).length;
  }

  become(state: LinkState): void {
    this.state = state;
    if (state.kind === 'cut') this.reset(() => true);
  }

  /** Connections that lost bytes end: the operating system would give up on them, too. */
  heal(): void {
    this.state = OPEN;
    this.reset(({ isDeaf }) => isDeaf);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.reset(() => true);
    await closed;
  }

  private reset(isMeant: (pair: Pair) => boolean): void {
    for (const pair of [...this.pairs].filter(isMeant)) {
      for (const socket of pair.ends) socket.resetAndDestroy();
    }
  }

  private join(client: Socket): void {
    if (this.state.kind === 'cut') return void client.resetAndDestroy();
    const server = connect({ port: this.target, host: '127.0.0.1', noDelay: true });
    const pair: Pair = { ends: [client, server], isDeaf: false };
    this.pairs.add(pair);
    client.pipe(this.line(pair)).pipe(server);
    server.pipe(this.line(pair)).pipe(client);
    for (const socket of pair.ends) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.pairs.delete(pair);
        pair.ends.forEach((each) => each.destroy());
      });
    }
  }

  /** One direction of one connection. */
  private line(pair: Pair): Transform {
    let inOrder = Promise.resolve();
    const line: Transform = new Transform({
      transform: (chunk, _encoding, done) => {
        done();
        const { state } = this;
        if (pair.isDeaf || state.kind === 'half-open') return void (pair.isDeaf = true);
        const delayMs = state.kind === 'slow' ? state.delayMs : 0;
        const due = delayMs === 0 ? undefined : later(delayMs);
        inOrder = inOrder.then(() => due).then(() => void (line.destroyed || line.push(chunk)));
      },
      flush: (done) => void inOrder.then(() => done()),
    });
    return line;
  }
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
