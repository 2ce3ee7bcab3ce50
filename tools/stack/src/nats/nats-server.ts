import { mkdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ensureBuilt } from '../workspace/workspace';
import { StackPart } from '../process/stack-part';
import { SupervisedProcess, readyOrFailed } from '../process/supervised-process';
import type { FoundNatsServer } from './find-nats-server';
import { describeNatsServer, natsServer } from './find-nats-server';

const READY_LIMIT_MS = 15_000;
const LOOK_MS = 10;
const PING_LIMIT_MS = 1_000;

export interface NatsServerOptions {
  /** Where the log and JetStream's files go. */
  readonly dir: string;
  /** A free one when not given. */
  readonly port?: number;
}

/** A real nats-server with JetStream on loopback; a restart keeps port and files. */
export class NatsServer extends StackPart {
  readonly name = 'nats';
  override readonly about: string;

  private constructor(
    private readonly found: FoundNatsServer,
    private readonly dir: string,
    private boundPort: number | undefined,
  ) {
    super();
    this.about = describeNatsServer(found);
  }

  static async start({ dir, port }: NatsServerOptions): Promise<NatsServer> {
    await ensureBuilt();
    await mkdir(dir, { recursive: true });
    const server = new NatsServer(await natsServer(), dir, port);
    await server.start();
    return server;
  }

  get port(): number {
    if (this.boundPort === undefined) throw new Error('nats-server was not started');
    return this.boundPort;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  private async start(): Promise<void> {
    this.current = await SupervisedProcess.start({
      name: 'nats-server',
      command: this.found.path,
      // Port -1: the server picks a free one and writes it to a file named after its process id.
      args: [
        ...['-a', '127.0.0.1', '-p', String(this.boundPort ?? -1), '--ports_file_dir', this.dir],
        ...['-js', '-sd', join(this.dir, 'jetstream')],
      ],
      cwd: this.dir,
      logFile: join(this.dir, 'nats-server.log'),
    });
    this.boundPort = await readyOrFailed(this.current, this.answering(), READY_LIMIT_MS);
  }

  private async answering(): Promise<number> {
    const current = this.running;
    while (!current.hasExited) {
      const port = await this.writtenPort();
      if (port !== undefined && (await pingNats(port))) return port;
      await pause(LOOK_MS);
    }
    return new Promise<never>(() => undefined);
  }

  private async writtenPort(): Promise<number | undefined> {
    try {
      const file = join(this.dir, `nats-server_${this.pid}.ports`);
      const { nats = [] } = JSON.parse(await readFile(file, 'utf8')) as { nats?: string[] };
      return nats[0] === undefined ? undefined : Number(new URL(nats[0]).port);
    } catch {
      return undefined;
    }
  }
}

export function startNatsServer(options: NatsServerOptions): Promise<NatsServer> {
  return NatsServer.start(options);
}

/** Asks a NATS server for a sign of life in its own text protocol, and that its JetStream is on. */
export function pingNats(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: PING_LIMIT_MS });
    let received = '';
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('error', () => finish(false));
    socket.on('close', () => finish(false));
    socket.on('timeout', () => finish(false));
    socket.on('connect', () => socket.write('CONNECT {"verbose":false}\r\nPING\r\n'));
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (received.includes('PONG')) finish(received.includes('"jetstream":true'));
    });
  });
}
