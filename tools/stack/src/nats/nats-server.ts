import { mkdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { StackPart } from '../process/stack-part';
import { SupervisedProcess } from '../process/supervised-process';
import { ensureBuilt } from '../workspace/workspace';
import type { FoundNatsServer } from './find-nats-server';
import { describeNatsServer, natsServer } from './find-nats-server';

const READY_LIMIT_MS = 15_000;
const PING_LIMIT_MS = 1_000;
/** The server then picks a free one and writes it to a file named after its process id. */
const ANY_PORT = -1;

interface NatsServerOptions {
  /** Where the log and JetStream's files go. */
  readonly dir: string;
  /** A free one when not given. */
  readonly port?: number;
  /** More arguments of the server: users, TLS, what makes it a node of a cluster. */
  readonly args?: readonly string[];
}

/** A real nats-server with JetStream on loopback; a restart keeps port and files. */
export class NatsServer extends StackPart {
  readonly name = 'nats';
  override readonly about: string;

  private constructor(
    private readonly found: FoundNatsServer,
    private readonly dir: string,
    private boundPort: number,
    private readonly args: readonly string[],
  ) {
    super();
    this.about = describeNatsServer(found);
  }

  static async start(options: NatsServerOptions): Promise<NatsServer> {
    const { dir, port = ANY_PORT, args = [] } = options;
    await ensureBuilt();
    await mkdir(dir, { recursive: true });
    const server = new NatsServer(await natsServer(), dir, port, args);
    await server.launch();
    return server;
  }

  get version(): string {
    return this.found.version;
  }

  get port(): number {
    return this.boundPort;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  protected async launch(): Promise<void> {
    this.current = await SupervisedProcess.start({
      name: 'nats-server',
      command: this.found.path,
      args: [
        ...['-a', '127.0.0.1', '-p', String(this.boundPort), '--ports_file_dir', this.dir],
        ...['-js', '-sd', join(this.dir, 'jetstream')],
        ...this.args,
      ],
      cwd: this.dir,
      logFile: join(this.dir, 'nats-server.log'),
    });
    const portsFile = join(this.dir, `nats-server_${this.pid}.ports`);
    this.boundPort = await this.current.answerOrFailed(
      () => answeringPort(portsFile),
      READY_LIMIT_MS,
    );
  }
}

async function answeringPort(portsFile: string): Promise<number | undefined> {
  try {
    const { nats = [] } = JSON.parse(await readFile(portsFile, 'utf8')) as { nats?: string[] };
    const port = Number(new URL(nats[0] ?? '').port);
    return (await pingNats(port)) ? port : undefined;
  } catch {
    return undefined;
  }
}

/** A server that wants to know who asks says no more than this. */
const GUARDED = /"(?:auth|tls)_required":true/;

/** Asks a NATS server for a sign of life in its own text protocol, and that its JetStream is on. */
export function pingNats(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: PING_LIMIT_MS });
    let received = '';
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    for (const event of ['error', 'close', 'timeout']) socket.on(event, () => finish(false));
    socket.on('connect', () => socket.write('CONNECT {"verbose":false}\r\nPING\r\n'));
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      const isThere = received.includes('PONG') || GUARDED.test(received);
      if (isThere) finish(received.includes('"jetstream":true'));
    });
  });
}
