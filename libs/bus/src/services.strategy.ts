import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import type { Service } from 'nats';
import { isObservable, lastValueFrom } from 'rxjs';
import type { BusConnection } from './bus-connection';
import { RequestEndpoint, type BusRequest } from './request-endpoint';

/** What an endpoint says about itself to whoever asks the bus. */
export interface EndpointMetadata {
  /** Name of the request's schema. */
  readonly schema: string;
  /** Scope the caller needs. */
  readonly scope: string;
  readonly idempotent: boolean;
}

export interface ServicesStrategyOptions {
  readonly connection: BusConnection;
  /** Letters, digits, `-` and `_` only. */
  readonly name: string;
  /** SemVer of the service. */
  readonly version: string;
  readonly description?: string;
  /** By subject. */
  readonly endpoints?: Readonly<Record<string, EndpointMetadata>>;
  /** Further subjects, each answered by the handler of the subject it stands for. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Largest request in bytes; default 262,144. */
  readonly maxBodyBytes?: number;
  /** Requests handled at once; more are refused with 429. Default 1,000. */
  readonly maxInFlight?: number;
  /** Longest wait for running handlers at shutdown, in milliseconds; default 25,000. */
  readonly drainMs?: number;
}

const DEFAULTS = { maxBodyBytes: 256 * 1024, maxInFlight: 1_000, drainMs: 25_000 };

/**
 * Commands and queries to `@MessagePattern(subject)` handlers over the NATS Services API. A handler gets a
 * BusRequest; what it returns is the reply, a thrown error with a `problem` is the caller's answer.
 */
export class ServicesStrategy extends Server implements CustomTransportStrategy {
  private readonly settings: typeof DEFAULTS & ServicesStrategyOptions;
  private service: Service | undefined;
  private inFlight = 0;
  private idle: (() => void) | undefined;

  constructor(options: ServicesStrategyOptions) {
    super();
    this.settings = { ...DEFAULTS, ...options };
  }

  listen(ready: (error?: unknown) => void): void {
    this.start().then(
      () => ready(),
      (error: unknown) => ready(error),
    );
  }

  async close(): Promise<void> {
    const { service } = this;
    this.service = undefined;
    if (!service) return;
    await service.stop();
    await this.allAnswered();
    if (this.settings.connection.isConnected) await this.settings.connection.nats.flush();
  }

  on(): never {
    throw new Error('This transport has no events to listen to');
  }

  unwrap<T>(): T {
    return this.settings.connection.nats as T;
  }

  private async start(): Promise<void> {
    const { connection, name, version, description } = this.settings;
    const service = await connection.nats.services.add({
      name,
      version,
      queue: name,
      ...(description === undefined ? {} : { description }),
    });
    this.service = service;
    for (const [subject, handler] of this.messageHandlers) {
      if (!handler.isEventHandler) this.addEndpoints(service, subject, handler);
    }
    await connection.nats.flush();
  }

  private addEndpoints(service: Service, subject: string, handler: MessageHandler): void {
    const { endpoints = {}, aliases = {}, name, maxBodyBytes, maxInFlight } = this.settings;
    const endpoint = new RequestEndpoint({
      subject,
      service: name,
      maxBodyBytes,
      mayStart: () => this.inFlight <= maxInFlight,
      handle: (request) => valueOf(handler, request),
      onError: (error, where) => void this.logger.error(detailsOf(error), where),
    });
    const others = Object.keys(aliases).filter((alias) => aliases[alias] === subject);
    for (const door of [subject, ...others]) {
      service.addEndpoint(endpointName(door), {
        subject: door,
        metadata: metadataOf(endpoints[subject]),
        handler: (error, message) => {
          if (!error) void this.counted(endpoint.answer(message));
        },
      });
    }
  }

  private async counted(answering: Promise<void>): Promise<void> {
    this.inFlight += 1;
    try {
      await answering;
    } catch (error) {
      this.logger.error(detailsOf(error));
    } finally {
      this.inFlight -= 1;
      if (this.inFlight === 0) this.idle?.();
    }
  }

  private async allAnswered(): Promise<void> {
    if (this.inFlight === 0) return;
    await new Promise<void>((resolve) => {
      const limit = setTimeout(resolve, this.settings.drainMs);
      this.idle = () => {
        clearTimeout(limit);
        resolve();
      };
    });
  }
}

async function valueOf(handler: MessageHandler, request: BusRequest): Promise<unknown> {
  const returned: unknown = await handler(request);
  if (!isObservable(returned)) return returned;
  return lastValueFrom<unknown, undefined>(returned, { defaultValue: undefined });
}

/** Endpoint names allow `A-Z a-z 0-9 - _` only. */
export function endpointName(subject: string): string {
  return subject.replace(/[^A-Za-z0-9_-]+/g, '_').replace(/^_+|_+$/g, '') || 'endpoint';
}

function metadataOf(metadata: EndpointMetadata | undefined): Record<string, string> {
  if (!metadata) return {};
  const { schema, scope, idempotent } = metadata;
  return { schema, scope, idempotent: String(idempotent) };
}

function detailsOf(error: unknown): string {
  if (error instanceof Error) return error.stack ?? error.message;
  return JSON.stringify(error) ?? String(error);
}
