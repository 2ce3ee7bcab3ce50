import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { BusClient, connectBus } from '@uplift/bus';
import type { BusConnection } from '@uplift/bus';
import { QUERY_SUBJECTS } from '@uplift/contracts';
import type { EventStore } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import type { TempFolder } from '../../../tools/stack/src';
import { NatsServer, PostgresServer, createTempFolder } from '../../../tools/stack/src';
import { RunningProjector } from './running-projector';
import type { WrittenInstance } from './upgrade-histories';

interface Servers {
  readonly folder: TempFolder;
  readonly nats: NatsServer;
  readonly postgres: PostgresServer;
  readonly bus: BusConnection;
}

/** A real bus and database for one spec file; a fresh store and read model for each test. */
export class ProjectorFixture {
  store: EventStore = new InMemoryEventStore();
  /** With the role of a projector. */
  databaseUrl = '';
  /** With the role that may change tables. */
  ownerUrl = '';
  private readonly running: RunningProjector[] = [];
  private servers: Servers | undefined;

  /** For every test of a file, without a projector. */
  static forEachTest(): ProjectorFixture {
    const fixture = ProjectorFixture.forAllTests();
    beforeEach(() => fixture.renew());
    afterEach(() => fixture.stopProjectors());
    return fixture;
  }

  /** For all tests of a file together. */
  static forAllTests(): ProjectorFixture {
    const fixture = new ProjectorFixture();
    beforeAll(() => fixture.start(), 60_000);
    afterAll(() => fixture.stop());
    return fixture;
  }

  get nats(): NatsServer {
    return this.started.nats;
  }

  get postgres(): PostgresServer {
    return this.started.postgres;
  }

  /** An empty store and an empty database. */
  async renew(store: EventStore = new InMemoryEventStore()): Promise<void> {
    this.store = store;
    const database = `read-model-${randomUUID()}`;
    this.databaseUrl = await this.postgres.createReadModel(database);
    this.ownerUrl = this.postgres.urlOf(database);
  }

  async startProjector(store: EventStore = this.store): Promise<RunningProjector> {
    const projector = await RunningProjector.start({
      store,
      natsUrl: this.nats.url,
      postgresUrl: this.databaseUrl,
    });
    this.running.push(projector);
    return projector;
  }

  async stopProjector(projector: RunningProjector): Promise<void> {
    this.running.splice(this.running.indexOf(projector), 1);
    await projector.stop();
  }

  async stopProjectors(): Promise<void> {
    await Promise.all(this.running.splice(0).map((projector) => projector.stop()));
  }

  /** The answer, or the problem it was refused with. */
  ask<T>(subject: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    const options = { timeoutMs: 10_000, headers };
    return new BusClient(this.started.bus).request(subject, body, options) as Promise<T>;
  }

  private get started(): Servers {
    if (this.servers === undefined) throw new Error('The servers have not started');
    return this.servers;
  }

  private async start(): Promise<void> {
    const folder = await createTempFolder('uplift-projector');
    const [nats, postgres] = await Promise.all([
      NatsServer.start({ dir: join(folder.path, 'nats') }),
      PostgresServer.start({ dir: join(folder.path, 'postgres') }),
    ]);
    const bus = await connectBus({ servers: nats.url, name: 'spec' });
    this.servers = { folder, nats, postgres, bus };
  }

  private async stop(): Promise<void> {
    await this.stopProjectors();
    const { folder, nats, postgres, bus } = this.started;
    await bus.close();
    await Promise.all([nats.stop(), postgres.stop()]);
    await folder.remove();
  }
}

/** Each query of the read model, with the body that it takes. */
export function everyQuery({
  instanceId,
  upgradeId,
}: Pick<WrittenInstance, 'instanceId' | 'upgradeId'>) {
  return [
    [QUERY_SUBJECTS.systemStatus, {}],
    [QUERY_SUBJECTS.systemFindings, {}],
    [QUERY_SUBJECTS.instanceGet, { instanceId }],
    [QUERY_SUBJECTS.instanceList, {}],
    [QUERY_SUBJECTS.instanceStats, {}],
    [QUERY_SUBJECTS.instanceTimeline, { instanceId }],
    [QUERY_SUBJECTS.upgradeGet, { upgradeId }],
    [QUERY_SUBJECTS.upgradeList, {}],
  ] as const;
}
