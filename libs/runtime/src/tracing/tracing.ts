import type { Clock } from '../time/clock';

/** W3C trace context as it travels: with requests as headers, with an event in its metadata. From outside it may be anything. */
export interface TraceContext {
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

/**
 * Everything that a span may say: ids, numbers, and words of ours. What people write (reasons, labels, names) and what
 * servers answer has no place here. Names are those of the semantic conventions where these have one.
 */
export interface SpanAttributes {
  readonly 'uplift.upgrade.id'?: string;
  readonly 'uplift.instance.id'?: string;
  readonly 'uplift.stage'?: string;
  readonly 'uplift.attempt'?: number;
  /** What became of it, in a word. */
  readonly 'uplift.outcome'?: string;
  /** Code of the problem that a caller was told of. */
  readonly 'uplift.problem'?: string;
  readonly 'uplift.event.types'?: readonly string[];
  /** Name of a Lagoon core. */
  readonly 'uplift.core'?: string;
  readonly 'messaging.system'?: 'nats';
  readonly 'messaging.operation.name'?: string;
  readonly 'messaging.operation.type'?: 'send' | 'process';
  readonly 'messaging.destination.name'?: string;
  readonly 'messaging.destination.template'?: string;
  readonly 'messaging.message.id'?: string;
  readonly 'messaging.message.conversation_id'?: string;
  readonly 'http.request.method'?: string;
  readonly 'http.route'?: string;
  readonly 'http.response.status_code'?: number;
  readonly 'db.system.name'?: string;
  readonly 'db.operation.name'?: string;
  readonly 'db.operation.batch.size'?: number;
  readonly 'db.collection.name'?: string;
  readonly 'graphql.operation.name'?: string;
}

/** Where a span belongs. Absent: below the span that is under way here; without one it begins a trace. */
export type SpanOrigin =
  /** It goes on with the trace of another process. */
  | { readonly parent: TraceContext }
  /** It begins a trace, which names another one. Whether it is kept is not for that one to say. */
  | { readonly linkedTo: TraceContext }
  /** It begins a trace, which names the one before it, and is kept if that one is. */
  | { readonly follows: TraceContext };

export interface SpanOptions {
  /** One of few: never an id. */
  readonly name: string;
  readonly kind: 'server' | 'client' | 'producer' | 'consumer' | 'internal';
  readonly attributes?: SpanAttributes;
  readonly origin?: SpanOrigin;
}

export interface EndedSpan extends SpanOptions {
  /** Kind of its failure; absent: it went well. */
  readonly failure?: string;
}

/** One piece of work in a trace. */
export interface Span extends TraceContext {
  set(attributes: SpanAttributes): void;
  /** @param kind of the failure; its message may say anything, and is not told */
  fail(kind: string): void;
  end(): void;
}

/** What an adapter works with. */
export interface TracingPorts {
  readonly clock: Clock;
  readonly logger: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
}

/** Port: tells where time goes. Without tracing nothing is kept, and nothing changes. */
export abstract class Tracing {
  abstract readonly isOn: boolean;

  /** The span that is under way here. */
  abstract readonly active: Span | undefined;

  /** Runs the work within a span, which ends with it. */
  abstract trace<Result>(
    options: SpanOptions,
    work: (span: Span) => Promise<Result>,
  ): Promise<Result>;

  /** A span that somebody has to end. It is not the active one. */
  abstract start(options: SpanOptions): Span;

  /** A span that is over, and began so many milliseconds ago. */
  abstract note(options: EndedSpan, tookMs: number): void;

  /** Runs the work within a span that somebody else ends, or has ended; for what is no trace context, within none. */
  abstract within<Result>(span: TraceContext, work: () => Result): Result;

  /** Sends what is left, for a short while at most. */
  abstract close(): Promise<void>;
}

const NO_SPAN: Span = { set: () => undefined, fail: () => undefined, end: () => undefined };

class NoTracing extends Tracing {
  readonly isOn = false;
  readonly active = undefined;

  override trace<Result>(
    _options: SpanOptions,
    work: (span: Span) => Promise<Result>,
  ): Promise<Result> {
    return work(NO_SPAN);
  }

  override start(): Span {
    return NO_SPAN;
  }

  override note(): void {
    return undefined;
  }

  override within<Result>(_span: TraceContext, work: () => Result): Result {
    return work();
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }
}

export const NO_TRACING: Tracing = new NoTracing();
