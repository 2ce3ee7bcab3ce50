import type { Clock } from '@uplift/runtime';
import type { NatsConnection, Service, ServiceMsg } from 'nats';
import type { ServiceDescription } from './bus-connection.port';
import { incomingRequest, requestFault } from './nats.messages';

export interface DroppedRequest {
  readonly subject: string;
  readonly reply: string;
}

export interface NatsServicePlace {
  readonly clock: Clock;
  readonly maxPayload: () => number;
  /** Told of a request that is not served, and why, in words. */
  readonly onDropped: (request: DroppedRequest, fault: string) => void;
}

/** Pause before what the server has denied is served again, in ms. */
const DENIED_PAUSE_MS = 1_000;

/** A service of the NATS Services API. It ends when one of its subscriptions is denied, and is then added anew. */
export class NatsService {
  private current: Service | undefined;
  private isWanted = true;

  constructor(
    private readonly nats: NatsConnection,
    private readonly description: ServiceDescription,
    private readonly place: NatsServicePlace,
  ) {}

  async start(): Promise<void> {
    await this.add();
    await this.nats.flush();
    this.keep().catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.isWanted = false;
    await this.current?.stop();
  }

  private async keep(): Promise<void> {
    while (this.isKept) {
      await this.current?.stopped;
      if (this.isKept) await this.place.clock.pause(DENIED_PAUSE_MS);
      // Without a connection it is tried again.
      if (this.isKept) await this.add().catch(() => undefined);
    }
    if (!this.isWanted) await this.stop();
  }

  private get isKept(): boolean {
    return this.isWanted && !this.nats.isClosed() && !this.nats.isDraining();
  }

  private async add(): Promise<void> {
    const { endpoints, ...service } = this.description;
    const added = await this.nats.services.add({ ...service, queue: service.name });
    for (const { name, subject, metadata, onRequest } of endpoints) {
      added.addEndpoint(name, {
        subject,
        metadata,
        handler: (error, message) => {
          if (error || !this.isServed(message)) return;
          onRequest(incomingRequest(message, this.place.maxPayload()));
        },
      });
    }
    this.current = added;
  }

  private isServed(message: ServiceMsg): boolean {
    const fault = requestFault(message);
    if (fault === undefined) return true;
    this.place.onDropped({ subject: message.subject, reply: message.reply ?? '' }, fault);
    return false;
  }
}
