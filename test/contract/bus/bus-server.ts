import {
  NatsBusConnection,
  type BusAccess,
  type BusConnection,
  type MessageOnBus,
  type ServerSettings,
} from '@uplift/bus';
import { EVENTS_STREAM } from '@uplift/contracts';
import { NatsServer } from '../../../tools/stack/src';
import { messagesOnBus } from '../../support/bus-reader';
import { SmallDisk } from '../../support/small-disk';
import { hostBus, LocalHosting, type BusHosting } from './bus-hosting';
import type { BusUnderTest, FillableBus } from './bus-under-test';

const MEGABYTES = 32;

/** A real nats-server with JetStream. */
export class BusServer implements BusUnderTest {
  protected constructor(private readonly hosting: BusHosting) {}

  static async start(): Promise<BusServer> {
    return new BusServer(await hostBus());
  }

  get url(): string {
    return this.hosting.url;
  }

  get access(): BusAccess {
    return this.hosting.access;
  }

  get settings(): Readonly<Record<string, string>> {
    return this.hosting.settings;
  }

  connect(name: string): Promise<NatsBusConnection> {
    return this.hosting.connect(name);
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

  start(): Promise<void> {
    return this.hosting.start();
  }

  kill(): Promise<void> {
    return this.hosting.kill();
  }

  wipe(): Promise<void> {
    return this.hosting.wipe();
  }

  backUp(): Promise<() => Promise<void>> {
    return this.hosting.backUp();
  }

  close(): Promise<void> {
    return this.hosting.close();
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
    super(new LocalHosting(nats, disk));
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
