import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { BusConnection, IncomingRequest } from '@uplift/bus';
import { encodeHeartbeat, HEARTBEAT_SUBJECT } from '@uplift/contracts';
import type { Watchdog } from './watchdog';

const SERVICE = {
  name: 'uplift-watchdog',
  version: '1.0.0',
  description: 'Says whether the deadlines of upgrades are enforced',
};

/** Tells those who watch the watchdog that it is at work. The bus asks one of several watchdogs. */
export class HeartbeatEndpoint implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private serving: Promise<() => Promise<void>> | undefined;

  constructor(
    private readonly bus: BusConnection,
    private readonly watchdog: Watchdog,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Deadlines are enforced without a bus, too: nothing waits for it. */
  onApplicationBootstrap(): void {
    this.serving = this.bus.serve({ ...SERVICE, endpoints: [this.endpoint] });
    this.serving.catch(this.onError);
  }

  async beforeApplicationShutdown(): Promise<void> {
    const end = await this.serving?.catch(() => undefined);
    await end?.().catch(this.onError);
  }

  private get endpoint() {
    return {
      name: 'heartbeat',
      subject: HEARTBEAT_SUBJECT,
      metadata: {},
      onRequest: (request: IncomingRequest) => request.respond(this.heartbeat),
    };
  }

  private get heartbeat() {
    const { beatAgeMs: ageMs } = this.watchdog;
    return encodeHeartbeat({ ageMs, idleBecause: this.watchdog.readiness() ?? null });
  }
}
