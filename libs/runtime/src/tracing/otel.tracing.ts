import type { Context, Link, Span as OpenTelemetrySpan, SpanContext } from '@opentelemetry/api';
import {
  createContextKey,
  createTraceState,
  diag,
  DiagLogLevel,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import type { Sampler, SpanExporter } from '@opentelemetry/sdk-trace-base';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import { AsyncLocalStorage } from 'node:async_hooks';
import { hostname } from 'node:os';
import type { Configuration } from '../config/configuration';
import { errorKind, errorMessage } from '../logging/error-message';
import { redactText } from '../logging/redaction';
import { RepeatedLines } from '../logging/repeated-lines';
import { parseTraceparent } from './traceparent';
import type {
  EndedSpan,
  Span,
  SpanAttributes,
  SpanOptions,
  SpanOrigin,
  TraceContext,
  TracingPorts,
} from './tracing';
import { Tracing } from './tracing';

export interface OtelOptions {
  readonly service: string;
  readonly version: string;
  /** Where spans are posted, as OTLP in JSON. */
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly sampler: Configuration<'tracesSampler'>['tracesSampler'];
  /** Share of the traces that a sampler by ratio keeps. */
  readonly ratio: number;
}

/** A process that stops does not wait for a collector that is away. */
const CLOSE_LIMIT_MS = 2_000;
const LONGEST_REASON = 200;

/** Spans by the SDK of OpenTelemetry: bounded, in batches, lost where nobody takes them. */
export class OtelTracing extends Tracing {
  readonly isOn = true;
  private readonly provider: BasicTracerProvider;
  private readonly tracer;
  private readonly underWay = new AsyncLocalStorage<OtelSpan | undefined>();

  constructor(
    options: OtelOptions,
    private readonly ports: TracingPorts,
    exporter: SpanExporter = exporterOf(options),
  ) {
    super();
    const told = new ToldExporter(exporter, new TroubleLines(ports));
    this.provider = new BasicTracerProvider({
      resource: resourceOf(options),
      sampler: new SamplerOfUpgrades(SAMPLERS[options.sampler](options.ratio)),
      spanProcessors: [new BatchSpanProcessor(told)],
    });
    this.tracer = this.provider.getTracer('uplift');
  }

  override get active(): Span | undefined {
    return this.underWay.getStore();
  }

  override async trace<Result>(
    options: SpanOptions,
    work: (span: Span) => Promise<Result>,
  ): Promise<Result> {
    const span = this.start(options);
    try {
      return await this.underWay.run(span, () => work(span));
    } catch (error) {
      span.fail(errorKind(error));
      throw error;
    } finally {
      span.end();
    }
  }

  override start(options: SpanOptions): OtelSpan {
    return this.begin(options);
  }

  override note({ failure, ...options }: EndedSpan, tookMs: number): void {
    const span = this.begin(options, new Date(this.ports.clock.wall() - tookMs));
    if (failure !== undefined) span.fail(failure);
    span.end();
  }

  override within<Result>(span: TraceContext, work: () => Result): Result {
    if (span.traceparent === this.active?.traceparent) return work();
    return this.underWay.run(span instanceof OtelSpan ? span : spanElsewhere(span), work);
  }

  override async close(): Promise<void> {
    const sent = new AbortController();
    const over = this.ports.clock.idle(CLOSE_LIMIT_MS, sent.signal);
    await Promise.race([this.provider.shutdown().catch(() => undefined), over]);
    sent.abort();
    diag.disable();
  }

  private begin({ name, kind, attributes = {}, origin }: SpanOptions, startTime?: Date): OtelSpan {
    const { context, links } = this.placeOf(origin);
    const options = {
      kind: KINDS[kind],
      attributes: { ...attributes } as Attributes,
      links,
      ...(startTime === undefined ? {} : { startTime }),
    };
    return new OtelSpan(this.tracer.startSpan(name, options, context));
  }

  private placeOf(origin: SpanOrigin | undefined): Place {
    if (origin !== undefined) return placeIn(origin);
    return { context: this.underWay.getStore()?.context ?? ROOT_CONTEXT, links: [] };
  }
}

type Attributes = Record<string, string | number | string[]>;

interface Place {
  readonly context: Context;
  readonly links: Link[];
}

function placeIn(origin: SpanOrigin): Place {
  if ('parent' in origin) {
    const parent = remoteContext(origin.parent);
    return {
      context: parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT,
      links: [],
    };
  }
  const before = remoteContext('follows' in origin ? origin.follows : origin.linkedTo);
  if (before === undefined) return { context: ROOT_CONTEXT, links: [] };
  const context = 'follows' in origin ? ROOT_CONTEXT.setValue(BEFORE, before) : ROOT_CONTEXT;
  return { context, links: [{ context: before }] };
}

const KINDS = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const satisfies Record<SpanOptions['kind'], SpanKind>;

class OtelSpan implements Span {
  readonly context: Context;

  constructor(private readonly span: OpenTelemetrySpan) {
    this.context = trace.setSpan(ROOT_CONTEXT, span);
  }

  get traceparent(): string {
    const { traceId, spanId, traceFlags } = this.span.spanContext();
    return `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}`;
  }

  get tracestate(): string | undefined {
    return this.span.spanContext().traceState?.serialize();
  }

  set(attributes: SpanAttributes): void {
    this.span.setAttributes({ ...attributes } as Attributes);
  }

  fail(kind: string): void {
    this.span.setAttribute('error.type', kind);
    this.span.setStatus({ code: SpanStatusCode.ERROR });
  }

  end(): void {
    this.span.end();
  }
}

function spanElsewhere(context: TraceContext): OtelSpan | undefined {
  const remote = remoteContext(context);
  return remote && new OtelSpan(trace.wrapSpanContext(remote));
}

/** Undefined for what is no trace context: it is ignored, as the standard asks. */
function remoteContext({ traceparent, tracestate }: TraceContext): SpanContext | undefined {
  const parsed = parseTraceparent(traceparent);
  if (parsed === undefined) return undefined;
  const { traceId, spanId, isSampled } = parsed;
  return {
    ...{ traceId, spanId, isRemote: true },
    traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    ...(tracestate ? { traceState: createTraceState(tracestate) } : {}),
  };
}

/** In the context of a new span: the span of the trace before it. */
const BEFORE = createContextKey('the trace before');

const SAMPLERS: Readonly<Record<OtelOptions['sampler'], (ratio: number) => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio),
  parentbased_always_on: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  parentbased_always_off: () => new ParentBasedSampler({ root: new AlwaysOffSampler() }),
  parentbased_traceidratio: (ratio) =>
    new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
};

/** Of an upgrade all traces are kept, or none: to the sampler the trace before stands in for the parent. */
class SamplerOfUpgrades implements Sampler {
  constructor(private readonly sampler: Sampler) {}

  shouldSample(...[context, traceId, ...rest]: Parameters<Sampler['shouldSample']>) {
    const before = context.getValue(BEFORE) as SpanContext | undefined;
    if (before === undefined) return this.sampler.shouldSample(context, traceId, ...rest);
    const alike = trace.setSpanContext(context, before);
    return this.sampler.shouldSample(alike, before.traceId, ...rest);
  }

  toString(): string {
    return `SamplerOfUpgrades{${this.sampler.toString()}}`;
  }
}

/** What else there is to say of it, as certificates and compression, it takes from the environment itself. */
function exporterOf({ url, headers }: OtelOptions): SpanExporter {
  return new OTLPTraceExporter({ url, headers });
}

/** `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` have the last word. */
function resourceOf({ service, version }: OtelOptions) {
  return resourceFromAttributes({
    'service.namespace': 'uplift',
    'service.name': service,
    'service.version': version,
    'service.instance.id': `${hostname()}-${process.pid}`,
  }).merge(detectResources({ detectors: [envDetector] }));
}

type ExportDone = Parameters<SpanExporter['export']>[1];
const EXPORTED = 0;

/** Hands spans on, and tells of those that nobody has taken. */
class ToldExporter implements SpanExporter {
  constructor(
    private readonly exporter: SpanExporter,
    private readonly lines: TroubleLines,
  ) {}

  export(spans: Parameters<SpanExporter['export']>[0], done: ExportDone): void {
    this.exporter.export(spans, (result) => {
      if (Number(result.code) !== EXPORTED)
        this.lines.tell(errorMessage(result.error), spans.length);
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }
}

/** One line a minute, whatever the exporter and the SDK have to complain of. */
class TroubleLines {
  private readonly lines: RepeatedLines;
  private lost = 0;

  constructor(private readonly ports: TracingPorts) {
    this.lines = new RepeatedLines(ports.clock);
    const silent = () => undefined;
    diag.setLogger(
      {
        ...{ error: silent, info: silent, debug: silent, verbose: silent },
        warn: (message) => this.tell(message, 0),
      },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
    );
  }

  tell(why: string, spans: number): void {
    this.lost += spans;
    if (!this.lines.isDue('traces')) return;
    const reason = redactText(why).slice(0, LONGEST_REASON);
    this.ports.logger.warn({ reason, lost: this.lost }, 'traces are lost');
    this.lost = 0;
  }
}
