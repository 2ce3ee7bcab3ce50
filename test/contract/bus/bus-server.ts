import { cp, mkdir, rm } from 'node:fs/promises';
import {
  connectBus,
  NatsBusConnection,
  type BusConnection,
  type MessageOnBus,
  type ServerSettings,
} from '@uplift/bus';
import { EVENTS_STREAM } from '@uplift/contracts';
import type { TempFolder } from '../../../tools/stack/src';
import { NatsServer, createTempFolder } from '../../../tools/stack/src';
import { messagesOnBus } from '../../support/bus-reader';
import { SmallDisk } from '../../support/small-disk';
import type { BusUnderTest, FillableBus } from './bus-under-test';

const MEGABYTES = 32;

/** A real nats-server with JetStream that keeps its port over kills, and its files unless they are wiped. */
export class BusServer implements BusUnderTest {
  private readonly copies: TempFolder[] = [];

  protected constructor(
    private readonly nats: NatsServer,
    private readonly folder: TempFolder,
  ) {}

  static async start(): Promise<BusServer> {
    const folder = await createTempFolder();
    return new BusServer(await NatsServer.start({ dir: folder.path }), folder);
  }

  get url(): string {
    return this.nats.url;
  }

  connect(name: string): Promise<NatsBusConnection> {
    return connectBus({ servers: this.url, name });
  }

  async vanish(connection: BusConnection): Promise<void> {
    if (connection instanceof NatsBusConnection) await connection.nats.close();
  }

  async undone(durable: string): Promise<number> {
    return this.using(async ({ nats }) => {
      const { consumers } = await nats.jetstreamManager();
      const { num_pending, num_ack_pending } = await consumers.info(EVENTS_STREAM, durable);
      return num_pending + num_ack_pending;
    });
  }

  read(count: number): Promise<MessageOnBus[]> {
    return this.using((bus) => messagesOnBus(bus, count));
  }

  configure(name: string, settings: ServerSettings): Promise<void> {
    return this.using(async ({ nats }) => {
      const { streams, consumers } = await nats.jetstreamManager();
      if (name === EVENTS_STREAM) await streams.update(name, settings);
      else await consumers.update(EVENTS_STREAM, name, settings);
    });
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

  async backUp(): Promise<() => Promise<void>> {
    const copy = await createTempFolder();
    await this.kill();
    await cp(this.folder.path, copy.path, { recursive: true });
    await this.start();
    this.copies.push(copy);
    return async () => {
      await this.kill();
      await rm(this.folder.path, { recursive: true, force: true });
      await cp(copy.path, this.folder.path, { recursive: true });
      await this.start();
    };
  }

  async close(): Promise<void> {
    await this.kill();
    await Promise.all([this.folder, ...this.copies].map((folder) => folder.remove()));
  }

  protected async using<T>(work: (bus: NatsBusConnection) => Promise<T>): Promise<T> {
    const bus = await this.connect('bus-server');
    return work(bus).finally(() => bus.close());
  }
}

/** The same on a file system of its own. */
export class BusServerOnSmallDisk extends BusServer implements FillableBus {
  private constructor(
    nats: NatsServer,
    private readonly disk: SmallDisk,
  ) {
    super(nats, disk);
  }

  static async mount(): Promise<BusServerOnSmallDisk> {
    const disk = await SmallDisk.mount(MEGABYTES);
    return new BusServerOnSmallDisk(await NatsServer.start({ dir: disk.path }), disk);
  }

  /** The old release, which is for development alone, then answers nothing. */
  isReadWithoutRoom(): Promise<boolean> {
    return this.using(({ nats }) =>
      Promise.resolve(nats.info?.version.startsWith('2.9.') !== true),
    );
  }

  fillDisk(): Promise<void> {
    return this.disk.fill();
  }

  makeRoom(): Promise<void> {
    return this.disk.makeRoom();
  }
}
