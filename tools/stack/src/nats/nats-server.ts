import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ensureBuilt } from '../build/ensure-built';
import { RestartablePart } from '../process/restartable-part';
import { SupervisedProcess, readyOrFailed } from '../process/supervised-process';
import type { FoundNatsServer } from './find-nats-server';
import { describeNatsServer, natsServer } from './find-nats-server';
import { pingNats } from './nats-ping';

const READY_LIMIT_MS = 15_000;
const LOOK_MS = 10;

export interface NatsServerOptions {
  /** Where the log and JetStream's files go. */
  readonly dir: string;
  /** A free one when not given. */
  readonly port?: number;
}

/** A real nats-server with JetStream on loopback; a restart keeps port and files. */
export class NatsServer extends RestartablePart {
  readonly name = 'nats';

  private constructor(
    private readonly found: FoundNatsServer,
    private readonly dir: string,
    private boundPort: number | undefined,
  ) {
    super();
  }

  static async start({ dir, port }: NatsServerOptions): Promise<NatsServer> {
    await ensureBuilt();
    await mkdir(dir, { recursive: true });
    const server = new NatsServer(await natsServer(), dir, port);
    await server.start();
    return server;
  }

  /** Which server runs, and why. */
  get about(): string {
    return describeNatsServer(this.found);
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
