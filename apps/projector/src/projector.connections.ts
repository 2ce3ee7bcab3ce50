import type { OnApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { BusConnection } from '@uplift/bus';
import type { EventStore } from '@uplift/event-store';
import type { ReadModelDatabase } from './database/read-model.tables';
import type { ProjectionService } from './projection/projection.service';

export interface ProjectorConnectionParts {
  readonly store: EventStore;
  readonly bus: BusConnection;
  readonly database: ReadModelDatabase;
  /** Uses them to the end. */
  readonly projection: ProjectionService;
}

/** Lets the work end before closing what it works on. */
@Injectable()
export class ProjectorConnections implements OnApplicationShutdown {
  constructor(private readonly parts: ProjectorConnectionParts) {}

  async onApplicationShutdown(): Promise<void> {
    const { projection, store, bus, database } = this.parts;
    await projection.stop();
    await Promise.all([store.close(), bus.close(), database.destroy()]);
  }
}
