import type { OnApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { BusConnection } from '@uplift/bus';
import { EventStore } from '@uplift/event-store';

/** Closes what the process holds open, after both doors have drained. */
@Injectable()
export class Connections implements OnApplicationShutdown {
  constructor(
    private readonly bus: BusConnection,
    private readonly store: EventStore,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await this.bus.close();
    await this.store.close();
  }
}
