import { mkdir, rm } from 'node:fs/promises';
import {
  createTempFolder,
  startNatsServer,
  type NatsServer,
  type TempFolder,
} from '../../../tools/stack/src';

/** A real nats-server with JetStream that keeps its port over kills, and its files unless they are wiped. */
export class BusServer {
  private constructor(
    private readonly nats: NatsServer,
    private readonly folder: TempFolder,
  ) {}

  static async start(): Promise<BusServer> {
    const folder = await createTempFolder();
    return new BusServer(await startNatsServer({ dir: folder.path }), folder);
  }

  get url(): string {
    return this.nats.url;
  }

  async start(): Promise<void> {
    await this.nats.restart();
  }

  async kill(): Promise<void> {
    await this.nats.kill('SIGKILL');
  }

  /** The server comes back without anything it had stored. */
  async wipe(): Promise<void> {
    await this.kill();
    await rm(this.folder.path, { recursive: true, force: true });
    await mkdir(this.folder.path, { recursive: true });
    await this.start();
  }

  async close(): Promise<void> {
    await this.kill();
    await this.folder.remove();
  }
}
