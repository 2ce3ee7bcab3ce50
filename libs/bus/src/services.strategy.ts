import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import {
  decodeRequest,
  encodeProblem,
  encodeReply,
  internalError,
  REQUEST_HEADERS,
  tooLarge,
  type EncodedReply,
  type ProblemDetails,
  type RequestFormat,
} from '@uplift/contracts';
import type { Clock, Span, SpanOptions, TraceContext, Tracing } from '@uplift/runtime';
import { NO_TRACING } from '@uplift/runtime';
import { isObservable, lastValueFrom, throwError, type Observable } from 'rxjs';
import type { BusConnection, IncomingRequest, ServedEndpoint } from './bus-connection.port';
import { BUS_PROBLEMS, problemOf } from './bus-problems';
import { ignoringCase } from './bus.client';

/** What a `@MessagePattern(subject)` handler receives, whatever format the caller used. */
export interface BusRequest {
  readonly body: unknown;
  /** Found by name whatever the case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The subject the request came in on; of an alias, the subject it stands for. */
  readonly subject: string;
}

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
  readonly tracing?: Tracing;
  /** Told of a request that is refused where nobody waits for the answer. */
  readonly onUnheard?: (subject: string, problem: ProblemDetails) => void;
}

const DEFAULTS = {
  maxBodyBytes: 256 * 1024,
  maxInFlight: 1_000,
  drainMs: 25_000,
  tracing: NO_TRACING,
  onUnheard: (_subject: string, _problem: ProblemDetails): void => undefined,
};

/**
 * Commands and queries to `@MessagePattern(subject)` handlers over the NATS Services API. A handler gets a
 * BusRequest; what it returns is the reply, a thrown error with a `problem` is the caller's answer.
 */
export class ServicesStrategy extends Server implements CustomTransportStrategy {
  private readonly settings: typeof DEFAULTS & ServicesStrategyOptions;
  private stop: (() => Promise<void>) | undefined;
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
    const { stop } = this;
    this.stop = undefined;
    if (!stop) return;
    await stop();
    await this.allAnswered();
    if (this.settings.connection.isConnected) await this.settings.connection.flush();
  }

  on(): never {
    throw new Error('This transport has no events to listen to');
  }

  unwrap<T>(): T {
    return this.settings.connection as T;
  }

  private async start(): Promise<void> {
    const { connection, name, version, description } = this.settings;
    const handlers = [...this.messageHandlers].filter(([, handler]) => !handler.isEventHandler);
    this.stop = await connection.serve({
      name,
      version,
      ...(description === undefined ? {} : { description }),
      endpoints: handlers.flatMap(([subject, handler]) => this.endpoints(subject, handler)),
    });
  }

  /** One under the subject itself and one under each alias. */
  private endpoints(subject: string, handler: MessageHandler): ServedEndpoint[] {
    const {
      connection,
      endpoints = {},
      aliases = {},
      name,
      maxBodyBytes,
      maxInFlight,
      tracing,
      onUnheard,
    } = this.settings;
    const endpoint = new RequestEndpoint({
      subject,
      service: name,
      clock: connection.clock,
      tracing,
      maxBodyBytes,
      mayStart: () => this.inFlight <= maxInFlight,
      handle: (request) => valueOf(handler, request),
      onUnheard,
      onError: (error, where) => void this.logger.error(detailsOf(error), where),
    });
    const others = Object.keys(aliases).filter((alias) => aliases[alias] === subject);
    return [subject, ...others].map((served) => ({
      name: endpointName(served),
      subject: served,
      metadata: metadataOf(endpoints[subject]),
      onRequest: (request) => void this.counted(endpoint.answer(request)),
    }));
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
    const { connection, drainMs } = this.settings;
    const answered = new AbortController();
    this.idle = () => answered.abort();
    await connection.clock.idle(drainMs, answered.signal);
  }
}

interface EndpointOptions {
  readonly subject: string;
  /** Name of the service, as the source of its replies. */
  readonly service: string;
  readonly clock: Clock;
  readonly tracing: Tracing;
  readonly handle: (request: BusRequest) => Promise<unknown>;
  readonly onError: (error: unknown, subject: string) => void;
  readonly onUnheard: (subject: string, problem: ProblemDetails) => void;
  readonly maxBodyBytes: number;
  readonly mayStart: () => boolean;
}

const PLAIN: RequestFormat = { kind: 'json' };

/** Answers every message on one subject, whatever it contains. Never throws. */
class RequestEndpoint {
  constructor(private readonly options: EndpointOptions) {}

  async answer(message: IncomingRequest): Promise<void> {
    const reply = await this.reply(message);
    try {
      message.respond(reply);
    } catch (error) {
      message.respond(encodeProblem(PLAIN, this.problemFor(error)));
    }
  }

  private async reply(message: IncomingRequest): Promise<EncodedReply> {
    const { maxBodyBytes, mayStart } = this.options;
    const { byteLength } = message.payload;
    if (!mayStart()) return this.refused(message, BUS_PROBLEMS.overloaded());
    if (byteLength > maxBodyBytes) return this.refused(message, tooLarge(maxBodyBytes));
    const { tracing, subject } = this.options;
    if (!tracing.isOn) return this.handled(message, message.headers);
    return tracing.trace(spanOf(subject, message.headers), (span) =>
      this.handled(message, withTraceOf(span, message.headers), span),
    );
  }

  /** @param sent headers for the handler */
  private async handled(
    message: IncomingRequest,
    sent: IncomingRequest['headers'],
    span?: Span,
  ): Promise<EncodedReply> {
    const { handle, subject, service, clock } = this.options;
    let format = PLAIN;
    try {
      const request = decodeRequest(message.headers, message.payload);
      format = request.format;
      const body = await handle({ body: request.body, headers: ignoringCase(sent), subject });
      const time = new Date(clock.wall()).toISOString();
      return encodeReply(format, body, { service, time });
    } catch (error) {
      const problem = this.problemFor(error);
      if (span !== undefined) tell(span, problem);
      return this.refused(message, problem, format);
    }
  }

  private refused(
    { isHeard }: IncomingRequest,
    problem: ProblemDetails,
    format: RequestFormat = PLAIN,
  ): EncodedReply {
    if (!isHeard) this.options.onUnheard(this.options.subject, problem);
    return encodeProblem(format, problem);
  }

  private problemFor(error: unknown) {
    const known = problemOf(error);
    if (!known) this.options.onError(error, this.options.subject);
    return known ?? internalError();
  }
}

function spanOf(subject: string, headers: IncomingRequest['headers']): SpanOptions {
  return {
    name: `process ${subject}`,
    kind: 'server',
    attributes: {
      'messaging.system': 'nats',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': subject,
    },
    origin: { parent: contextIn(headers) },
  };
}

function contextIn(headers: IncomingRequest['headers']): TraceContext {
  const sent = ignoringCase(headers);
  return {
    traceparent: sent[REQUEST_HEADERS.traceparent],
    tracestate: sent[REQUEST_HEADERS.tracestate],
  };
}

/** What comes of the request belongs to the span in which it is handled. */
function withTraceOf({ traceparent = '' }: Span, headers: IncomingRequest['headers']) {
  const name = REQUEST_HEADERS.traceparent;
  const others = Object.entries(headers).filter(([each]) => each.toLowerCase() !== name);
  return Object.fromEntries([...others, [name, traceparent]]);
}

function tell(span: Span, { code, status }: Pick<ProblemDetails, 'code' | 'status'>): void {
  span.set({ 'uplift.problem': code });
  if (status >= 500) span.fail(code);
}

async function valueOf(handler: MessageHandler, request: BusRequest): Promise<unknown> {
  const returned: unknown = await handler(request);
  if (!isObservable(returned)) return returned;
  return lastValueFrom<unknown, undefined>(returned, { defaultValue: undefined });
}

/** Endpoint names allow `A-Z a-z 0-9 - _` only. */
function endpointName(subject: string): string {
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

/**
 * Hands an error on to the strategy as it is: Nest's own filter would replace it by "Internal server error".
 * Every controller with bus handlers carries `@UseFilters(BusExceptionFilter)`.
 */
@Catch()
export class BusExceptionFilter implements RpcExceptionFilter {
  catch(exception: unknown): Observable<never> {
    return throwError(() => exception);
  }
}
