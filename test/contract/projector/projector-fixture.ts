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

/** A real bus and database for one spec file; a fresh store and read model for each test. */
export class ProjectorFixture {
  store: EventStore = new InMemoryEventStore();
  databaseUrl = '';
  private readonly running: RunningProjector[] = [];

  private constructor(
    private readonly folder: TempFolder,
    readonly nats: NatsServer,
    readonly postgres: PostgresServer,
    private readonly bus: BusConnection,
  ) {}

  static async start(): Promise<ProjectorFixture> {
    const folder = await createTempFolder('uplift-projector');
    const [nats, postgres] = await Promise.all([
      NatsServer.start({ dir: join(folder.path, 'nats') }),
      PostgresServer.start({ dir: join(folder.path, 'postgres') }),
    ]);
    const bus = await connectBus({ servers: nats.url, name: 'spec' });
    return new ProjectorFixture(folder, nats, postgres, bus);
  }

  /** An empty store and an empty database. */
  async renew(store: EventStore = new InMemoryEventStore()): Promise<void> {
    this.store = store;
    this.databaseUrl = await this.postgres.createDatabase(`read-model-${randomUUID()}`);
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
  ask<T>(subject: string, body: unknown): Promise<T> {
    return new BusClient(this.bus).request(subject, body, { timeoutMs: 10_000 }) as Promise<T>;
  }

  async stop(): Promise<void> {
    await this.stopProjectors();
    await this.bus.close();
    await Promise.all([this.nats.stop(), this.postgres.stop()]);
    await this.folder.remove();
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
  ] as const;
}
