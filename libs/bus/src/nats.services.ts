import type { Clock } from '@uplift/runtime';
import type { NatsConnection, Service, ServiceMsg } from 'nats';
import type { ServiceDescription } from './bus-connection.port';
import { incomingRequest, isForAnswers } from './nats.messages';

export interface NatsServicePlace {
  readonly clock: Clock;
  readonly maxPayload: () => number;
  /** Told of a request that is dropped, since nobody may be answered there. */
  readonly onUnanswerable: (request: { readonly subject: string; readonly reply: string }) => void;
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
          if (error || !this.mayAnswer(message)) return;
          onRequest(incomingRequest(message, this.place.maxPayload()));
        },
      });
    }
    this.current = added;
  }

  private mayAnswer({ subject, reply = '' }: ServiceMsg): boolean {
    if (isForAnswers(reply)) return true;
    this.place.onUnanswerable({ subject, reply });
    return false;
  }
}
