import type { OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { BusConnection } from '@uplift/bus';
import { EventStore } from '@uplift/event-store';
import { HealthProbe, LagoonCores } from '@uplift/lagoon';

/** Closes what the process holds open, after every stage has drained. */
@Injectable()
export class Connections implements OnApplicationShutdown {
  constructor(
    @Inject(BusConnection) private readonly bus: BusConnection,
    @Inject(EventStore) private readonly store: EventStore,
    @Inject(LagoonCores) private readonly cores: LagoonCores,
    @Inject(HealthProbe) private readonly probe: HealthProbe,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await Promise.allSettled([this.cores.close(), this.probe.close()]);
    await this.bus.close();
    await this.store.close();
  }
}
