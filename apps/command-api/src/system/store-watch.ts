import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { BusConnection } from '@uplift/bus';
import type { DivergenceWatchPorts, EventStore } from '@uplift/event-store';
import { DivergenceWatch, busBesideStore } from '@uplift/event-store';
import type { ServiceRuntime } from '@uplift/runtime';

/** While store and bus differ no command is taken; everything else goes on, and the health page says it. */
export class StoreWatch
  extends DivergenceWatch
  implements OnApplicationBootstrap, BeforeApplicationShutdown
{
  constructor(
    store: EventStore,
    bus: BusConnection,
    { health, ...ports }: ServiceRuntime & Pick<DivergenceWatchPorts, 'onResolved'>,
  ) {
    super(busBesideStore(bus, store), { ...ports, onBeat: health.loop('store watch') });
    health.addDegradation('store', () => this.reason);
  }

  onApplicationBootstrap(): void {
    this.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.stop();
  }
}
