import {
  CONTENT_TYPES,
  ERROR_HEADERS,
  isProblemDetails,
  ProblemError,
  REQUEST_HEADERS,
  tooLarge,
  type ReceivedMessage,
} from '@uplift/contracts';
import type { Span, SpanOptions, Tracing } from '@uplift/runtime';
import { NO_TRACING } from '@uplift/runtime';
import {
  NoAnswerError,
  PayloadTooLargeError,
  type BusConnection,
  type RequestOptions,
} from './bus-connection.port';
import { BUS_PROBLEMS } from './bus-problems';

export interface BusRequestOptions {
  readonly idempotencyKey?: string;
  /** Default 5,000 ms. */
  readonly timeoutMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

const DEFAULT_TIMEOUT_MS = 5_000;

/** Asks a service on the bus, in plain JSON. */
export class BusClient {
  constructor(
    private readonly connection: BusConnection,
    private readonly tracing: Tracing = NO_TRACING,
  ) {}

  /**
   * Throws ProblemError: the service's own problem; 503 when nobody answers on the subject (nothing
   * happened); 504 when no answer came in time (the outcome is unknown).
   */
  request(subject: string, body: unknown, options: BusRequestOptions = {}): Promise<unknown> {
    if (!this.tracing.isOn) return this.ask(subject, body, options);
    return this.tracing.trace(spanOf(subject), (span) =>
      this.ask(subject, body, withTrace(options, span)),
    );
  }

  private async ask(subject: string, body: unknown, options: BusRequestOptions): Promise<unknown> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    const payload = JSON.stringify(body ?? null);
    const reply = await this.send(subject, payload, {
      timeoutMs,
      headers: headersFor(options),
    });
    return contentOf(reply, subject);
  }

  private async send(
    subject: string,
    payload: string,
    options: RequestOptions,
  ): Promise<ReceivedMessage> {
    try {
      return await this.connection.request(subject, payload, options);
    } catch (error) {
      const problem = problemOfRequest(error, subject, options);
      throw problem ? new ProblemError(problem, { cause: error }) : error;
    }
  }
}

function spanOf(subject: string): SpanOptions {
  return {
    name: `request ${subject}`,
    kind: 'client',
    attributes: {
      'messaging.system': 'nats',
      'messaging.operation.name': 'request',
      'messaging.operation.type': 'send',
      'messaging.destination.name': subject,
    },
  };
}

function withTrace(
  options: BusRequestOptions,
  { traceparent, tracestate }: Span,
): BusRequestOptions {
  if (traceparent === undefined) return options;
  const headers = {
    ...options.headers,
    [REQUEST_HEADERS.traceparent]: traceparent,
    ...(tracestate ? { [REQUEST_HEADERS.tracestate]: tracestate } : {}),
  };
  return { ...options, headers };
}

function problemOfRequest(error: unknown, subject: string, { timeoutMs }: RequestOptions) {
  if (error instanceof PayloadTooLargeError) {
    return tooLarge(error.limit);
  }
  if (!(error instanceof NoAnswerError)) return undefined;
  if (error.reason === 'denied') return BUS_PROBLEMS.denied(subject);
  return error.reason === 'timeout'
    ? BUS_PROBLEMS.timeout(subject, timeoutMs)
    : BUS_PROBLEMS.noResponder(subject);
}

function headersFor({ idempotencyKey, headers }: BusRequestOptions): Record<string, string> {
  return {
    [REQUEST_HEADERS.contentType]: CONTENT_TYPES.json,
    ...(idempotencyKey === undefined ? {} : { [REQUEST_HEADERS.idempotencyKey]: idempotencyKey }),
    ...headers,
  };
}

function contentOf(reply: ReceivedMessage, subject: string): unknown {
  const content = parsed(reply, subject);
  const failed = ignoringCase(reply.headers)[ERROR_HEADERS.code] !== undefined;
  if (!failed) return content;
  const problem = isProblemDetails(content) ? content : BUS_PROBLEMS.unreadableReply(subject);
  throw new ProblemError(problem);
}

function parsed(reply: ReceivedMessage, subject: string): unknown {
  try {
    return JSON.parse(Buffer.from(reply.payload).toString('utf8'));
  } catch (cause) {
    throw new ProblemError(BUS_PROBLEMS.unreadableReply(subject), { cause });
  }
}

/** Reads ignore the case of the name; the object is for reading only. */
export function ignoringCase(record: Readonly<Record<string, string>>): Record<string, string> {
  const lowered = new Map(Object.entries(record).map(([name, v]) => [name.toLowerCase(), v]));
  return new Proxy(Object.fromEntries(lowered), {
    get: (_, name) => (typeof name === 'string' ? lowered.get(name.toLowerCase()) : undefined),
    has: (_, name) => typeof name === 'string' && lowered.has(name.toLowerCase()),
  });
}
