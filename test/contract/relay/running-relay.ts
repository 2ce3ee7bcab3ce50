import { connectBus, EventPublisher, type BusConnection } from '@uplift/bus';
import type { EventStore } from '@uplift/event-store';
import { createLogger } from '@uplift/runtime';
import { RelayLoop } from '../../../apps/relay/src/relay-loop';
import { RelayStatus } from '../../../apps/relay/src/relay-status';

/** A relay inside the test's process, with a bus connection of its own. */
export class RunningRelay {
  readonly status = new RelayStatus();
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  private constructor(private readonly bus: BusConnection) {}

  static async start(url: string, store: EventStore): Promise<RunningRelay> {
    const bus = await connectBus({ servers: url, name: 'relay' });
    const relay = new RunningRelay(bus);
    const loop = new RelayLoop({
      bus,
      store,
      publisher: new EventPublisher(bus),
      status: relay.status,
      logger: createLogger('relay', { level: 'silent' }),
      onBeat: () => undefined,
    });
    relay.running = loop.run(relay.stopping.signal);
    return relay;
  }

  /** Gone without a word, with whatever was in flight. */
  async vanish(): Promise<void> {
    await this.bus.nats.close();
    await this.stop();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.bus.close();
  }
}
