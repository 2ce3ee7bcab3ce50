import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { BusConnection } from '@uplift/bus';
import { EventStore } from '@uplift/event-store';
import type { ServiceRuntime } from '@uplift/runtime';
import { RelayLoop } from './relay-loop';
import { describeRelay, RelayStatus } from './relay-status';

/** The relay as part of the process: starts, stops, and tells how it is. */
@Injectable()
export class RelayService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly bus: BusConnection,
    private readonly store: EventStore,
    private readonly runtime: ServiceRuntime<'ackWaitMs'>,
  ) {}

  onApplicationBootstrap(): void {
    const { bus, store } = this;
    const { health, metrics, logger, configuration, clock, randomness } = this.runtime;
    const { ackWaitMs } = configuration;
    const status = new RelayStatus(clock);
    describeRelay(metrics, status);
    health.addReadiness('relay', () => status.reason);
    const loop = new RelayLoop({
      bus,
      store,
      status,
      logger,
      clock,
      randomness,
      ...(ackWaitMs > 0 ? { topology: { ackWaitMs } } : {}),
      onBeat: health.loop('relay'),
      onKeeperBeat: health.loop('topology'),
    });
    this.running = loop.relay(this.stopping.signal);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.bus.close();
    await this.store.close();
  }
}
