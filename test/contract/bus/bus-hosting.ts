import { cp, mkdir, rm } from 'node:fs/promises';
import { connectBus, natsAccess, NatsBusConnection, type BusAccess } from '@uplift/bus';
import type { TopologyOptions, TopologyReport } from '@uplift/bus';
import { EVENTS_STREAM } from '@uplift/contracts';
import type { NatsConnection, StoredMsg, StreamConfig } from 'nats';
import { busSettings, type GivenBus } from '../../../tools/given-bus/src';
import type { TempFolder } from '../../../tools/stack/src';
import { createTempFolder, NatsServer } from '../../../tools/stack/src';
import { SHARED_BUS } from '../../support/own-bus';
import { NatsLine } from './nats-line';

/** Where a bus under test comes from, and what a test can do to it. */
export interface BusHosting {
  readonly url: string;
  readonly access: BusAccess;
  /** By which processes find it. */
  readonly settings: Readonly<Record<string, string>>;
  connect(name: string): Promise<NatsBusConnection>;
  kill(): Promise<void>;
  start(): Promise<void>;
  /** It comes back without anything it had stored. */
  wipe(): Promise<void>;
  backUp(): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

export async function hostBus(): Promise<BusHosting> {
  if (SHARED_BUS !== undefined) return GivenHosting.begin(SHARED_BUS);
  const folder = await createTempFolder();
  return new LocalHosting(await NatsServer.start({ dir: folder.path }), folder);
}

/** A server of the test's own: it keeps its port over kills, and its files unless they are wiped. */
export class LocalHosting implements BusHosting {
  private readonly copies: TempFolder[] = [];

  constructor(
    private readonly nats: NatsServer,
    private readonly folder: TempFolder,
  ) {}

  get url(): string {
    return this.nats.url;
  }

  get access(): BusAccess {
    return { servers: this.url };
  }

  get settings() {
    return { UPLIFT_NATS_URL: this.url };
  }

  connect(name: string): Promise<NatsBusConnection> {
    return connectBus({ servers: this.url, name });
  }

  async start(): Promise<void> {
    await this.nats.restart();
  }

  async kill(): Promise<void> {
    await this.nats.kill('SIGKILL');
  }

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
}

/** Makes the stream with as many copies as somebody else's cluster shall keep. */
class CopyingConnection extends NatsBusConnection {
  constructor(
    nats: NatsBusConnection['nats'],
    private readonly copies: number,
  ) {
    super(nats);
  }

  override ensureStream(options: TopologyOptions = {}): Promise<TopologyReport> {
    return super.ensureStream({ replicas: this.copies, ...options });
  }
}

/**
 * Somebody else's servers, over a line that can be cut instead of them. The stream is what belongs to the test: it is
 * deleted instead of a wipe and at the end, and made again from its messages instead of a restored copy.
 */
class GivenHosting implements BusHosting {
  private constructor(
    private readonly given: GivenBus,
    private readonly line: NatsLine,
    private readonly place: string,
  ) {}

  static async begin(given: GivenBus): Promise<GivenHosting> {
    const line = new NatsLine(given.access);
    const hosting = new GivenHosting(given, line, await line.open());
    await hosting.deleteStream();
    return hosting;
  }

  get url(): string {
    const { user, pass, token } = natsAccess({ servers: this.given.access.servers });
    const login = user === undefined ? [token ?? ''] : [user, pass ?? ''];
    const text = login.map((part) => encodeURIComponent(String(part))).join(':');
    return `nats://${text === '' ? '' : `${text}@`}${this.place}`;
  }

  get settings() {
    return busSettings({ ...this.given, access: this.access });
  }

  async connect(name: string): Promise<NatsBusConnection> {
    const { nats } = await connectBus({ ...this.access, name });
    return new CopyingConnection(nats, this.given.copies);
  }

  start(): Promise<void> {
    return this.line.open().then(() => undefined);
  }

  kill(): Promise<void> {
    return this.line.cut();
  }

  async wipe(): Promise<void> {
    await this.kill();
    await this.deleteStream();
    await this.start();
  }

  async backUp(): Promise<() => Promise<void>> {
    const { config, messages } = await this.direct(async ({ nats }) => {
      const { streams } = await nats.jetstreamManager();
      const { config, state } = await streams.info(EVENTS_STREAM);
      const messages: StoredMsg[] = [];
      for (let seq = state.first_seq; seq > 0 && seq <= state.last_seq; seq += 1) {
        messages.push(await streams.getMessage(EVENTS_STREAM, { seq }));
      }
      return { config, messages };
    });
    return async () => {
      await this.kill();
      await this.deleteStream();
      await this.restore(config, messages);
      await this.start();
    };
  }

  async close(): Promise<void> {
    await this.line.cut();
    await this.deleteStream();
  }

  /** Over the line, without TLS: that is between the line and the servers. */
  get access(): BusAccess {
    const { token, creds, nkeySeed } = this.given.access;
    return { servers: this.url, token, creds, nkeySeed };
  }

  private restore(config: StreamConfig, messages: readonly StoredMsg[]): Promise<void> {
    return this.direct(async ({ nats }) => {
      await (await nats.jetstreamManager()).streams.add(config);
      for (const { subject, data, header } of messages) {
        await nats.jetstream().publish(subject, data, { headers: header });
      }
    });
  }

  private deleteStream(): Promise<void> {
    return this.direct(async ({ nats }) => {
      const { streams } = await nats.jetstreamManager();
      await streams.delete(EVENTS_STREAM).catch(unlessMissing);
    });
  }

  private async direct<T>(
    work: (bus: { readonly nats: NatsConnection }) => Promise<T>,
  ): Promise<T> {
    const bus = await connectBus({ ...this.given.access, name: 'bus-hosting', tries: 10 });
    return work(bus).finally(() => bus.close());
  }
}

function unlessMissing(error: unknown): void {
  if (!String(error).includes('stream not found')) throw error;
}
