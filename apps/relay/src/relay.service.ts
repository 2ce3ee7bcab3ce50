import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { BusConnection, type TopologyOptions } from '@uplift/bus';
import { EventStore } from '@uplift/event-store';
import type { Configuration, ServiceRuntime } from '@uplift/runtime';
import { RelayLoop } from './relay-loop';
import { describeRelay, RelayStatus, whyNearlyFull } from './relay-status';

export const TOPOLOGY_SETTINGS = [
  'ackWaitMs',
  'busReplicas',
  'busMaxBytes',
  'busPlacementCluster',
  'busPlacementTags',
] as const;

type TopologySettings = (typeof TOPOLOGY_SETTINGS)[number];

/** The relay as part of the process: starts, stops, and tells how it is. */
@Injectable()
export class RelayService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly bus: BusConnection,
    private readonly store: EventStore,
    private readonly runtime: ServiceRuntime<TopologySettings>,
  ) {}

  onApplicationBootstrap(): void {
    const { bus, store } = this;
    const { health, metrics, logger, configuration, clock, randomness, tracing } = this.runtime;
    const status = new RelayStatus(clock);
    describeRelay(metrics, status);
    health.addReadiness('relay', () => status.reason);
    health.addReadiness('bus-consumers', () => inWords(status.busFaults));
    health.addDegradation('bus-settings', () => inWords(status.busDifferences));
    health.addDegradation('bus-space', () => whyNearlyFull(status));
    const loop = new RelayLoop({
      bus,
      store,
      status,
      logger,
      clock,
      randomness,
      tracing,
      topology: topologyOf(configuration),
      onBeat: health.loop('relay'),
      onKeeperBeat: health.loop('topology'),
    });
    health.addReadiness('events', () => loop.tooOldFor);
    this.running = loop.relay(this.stopping.signal);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.bus.close();
    await this.store.close();
  }
}

function topologyOf(settings: Configuration<TopologySettings>): TopologyOptions {
  const { ackWaitMs, busReplicas, busMaxBytes, busPlacementCluster, busPlacementTags } = settings;
  const placement = {
    ...(busPlacementCluster === undefined ? {} : { cluster: busPlacementCluster }),
    ...(busPlacementTags.length === 0 ? {} : { tags: busPlacementTags }),
  };
  return {
    replicas: busReplicas,
    ...(busMaxBytes > 0 ? { maxBytes: busMaxBytes } : {}),
    ...(Object.keys(placement).length > 0 ? { placement } : {}),
    ...(ackWaitMs > 0 ? { ackWaitMs } : {}),
  };
}

function inWords(lines: readonly string[]): string | undefined {
  return lines.length === 0 ? undefined : lines.join('; ');
}
