import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

const SSL_REQUEST = 80_877_103;
const SERVER_CONNECTIONS = 4;
const [TERMINATE, READY] = ['X', 'Z'];
const IDLE = 'I';

/** One message of PostgreSQL's protocol, after the start: a letter, a length, the rest. */
interface Message {
  readonly type: string;
  readonly bytes: Buffer;
}

/**
 * A pooler between clients and PostgreSQL that does what PgBouncer does in transaction mode: each transaction runs in
 * the session of the server that was used longest ago, and settings at the start of a connection are refused.
 */
export class TransactionPooler {
  private readonly free: Socket[] = [];
  private readonly waiting: ((session: Socket) => void)[] = [];
  private readonly sockets = new Set<Socket>();
  private isStopped = false;

  private constructor(
    private readonly server: Server,
    private readonly postgres: URL,
  ) {}

  static async start(url: string): Promise<TransactionPooler> {
    const server = createServer();
    const pooler = new TransactionPooler(server, new URL(url));
    for (let n = 0; n < SERVER_CONNECTIONS; n += 1) await pooler.openSession();
    server.on('connection', (client) => void pooler.serve(client).catch(() => client.destroy()));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return pooler;
  }

  get url(): string {
    const url = new URL(this.postgres);
    url.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return url.href;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private async openSession(): Promise<void> {
    const { hostname, port, username, pathname } = this.postgres;
    const session = this.watched(connect(Number(port), hostname));
    await once(session, 'connect');
    const parameters = ['user', username, 'database', pathname.slice(1), '', ''].join('\0');
    session.write(startPacket(Buffer.from(parameters)));
    for await (const { type } of messagesOf(session)) if (type === READY) break;
    this.giveBack(session);
  }

  private watched(socket: Socket): Socket {
    this.sockets.add(socket);
    socket.setNoDelay();
    socket.on('error', () => socket.destroy());
    return socket.on('close', () => this.sockets.delete(socket));
  }

  private giveBack(session: Socket): void {
    const next = this.waiting.shift();
    if (next) next(session);
    else this.free.push(session);
  }

  private take(): Promise<Socket> {
    const session = this.free.shift();
    return session ? Promise.resolve(session) : new Promise((take) => this.waiting.push(take));
  }

  private async serve(client: Socket): Promise<void> {
    this.watched(client);
    if ((await startOf(client)).includes('\0options\0')) {
      client.end(refusal('unsupported startup parameter: options'));
      return;
    }
    client.write(Buffer.concat([message('R', Buffer.alloc(4)), message(READY, IDLE)]));
    const held: Socket[] = [];
    try {
      await this.forward(client, held);
    } finally {
      // What a client leaves in the middle of a transaction is rolled back with its session.
      for (const session of held) await this.replace(session);
    }
  }

  private async forward(client: Socket, held: Socket[]): Promise<void> {
    for await (const { type, bytes } of messagesOf(client)) {
      if (type === TERMINATE) return;
      if (held.length === 0) held.push(await this.borrow(client, () => held.pop()));
      held[0]?.write(bytes);
    }
  }

  private async borrow(client: Socket, onReturn: () => void): Promise<Socket> {
    const session = await this.take();
    this.answer(client, session).then(onReturn, () => client.destroy());
    return session;
  }

  /** Until the session's transaction has ended. */
  private async answer(client: Socket, session: Socket): Promise<void> {
    for await (const { type, bytes } of messagesOf(session)) {
      const isOver = type === READY && bytes.toString('latin1', 5) === IDLE;
      if (isOver) this.giveBack(session);
      client.write(bytes);
      if (isOver) return;
    }
  }

  private async replace(session: Socket): Promise<void> {
    session.destroy();
    if (!this.isStopped) await this.openSession();
  }
}

async function startOf(client: Socket): Promise<string> {
  for (;;) {
    const [packet] = (await once(client, 'data')) as [Buffer];
    if (packet.readInt32BE(4) !== SSL_REQUEST) return packet.toString('latin1', 8);
    client.write('N');
  }
}

/** Leaves the socket open when the caller has read enough. */
async function* messagesOf(socket: Socket): AsyncGenerator<Message> {
  let held = Buffer.alloc(0);
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 5 && held.length > held.readInt32BE(1)) {
      const length = held.readInt32BE(1) + 1;
      yield { type: held.toString('latin1', 0, 1), bytes: held.subarray(0, length) };
      held = held.subarray(length);
    }
  }
}

function message(type: string, body: Buffer | string): Buffer {
  const content = Buffer.from(body as string);
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(content.length + 4, 1);
  return Buffer.concat([head, content]);
}

function startPacket(parameters: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeInt32BE(parameters.length + 8);
  head.writeInt32BE(196_608, 4);
  return Buffer.concat([head, parameters]);
}

function refusal(text: string): Buffer {
  return message('E', ['SFATAL', 'C08P01', `M${text}`, '', ''].join('\0'));
}
