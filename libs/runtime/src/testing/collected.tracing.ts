import { SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import { systemClock } from '../time/clock';
import type { OtelOptions } from '../tracing/otel.tracing';
import { OtelTracing } from '../tracing/otel.tracing';

/** A span as it would have been sent, in few words. */
export interface CollectedSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  /** Of the span above it; undefined for the first of a trace. */
  readonly parent: string | undefined;
  /** Spans of other traces that it names. */
  readonly links: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly hasFailed: boolean;
  readonly tookMs: number;
}

const OPTIONS: OtelOptions = {
  ...{ service: 'spec', version: '1', url: 'http://nowhere.invalid', headers: {}, ratio: 1 },
  sampler: 'parentbased_always_on',
};

/** The real tracing, of which nothing leaves the process. */
export class CollectedTracing extends OtelTracing {
  private readonly collected: ReadableSpan[];

  constructor(options: Partial<OtelOptions> = {}) {
    const collected: ReadableSpan[] = [];
    const exporter: SpanExporter = {
      export: (spans, done) => {
        collected.push(...spans);
        done({ code: 0 });
      },
      shutdown: () => Promise.resolve(),
    };
    const silent = { info: () => undefined, warn: () => undefined };
    super({ ...OPTIONS, ...options }, { clock: systemClock, logger: silent }, exporter);
    this.collected = collected;
  }

  /** All that have ended; nothing is collected after that. */
  async spans(): Promise<readonly CollectedSpan[]> {
    await this.close();
    return this.collected.map(toCollected);
  }

  /** All of it, in words. */
  async text(): Promise<string> {
    const spans = await this.spans();
    return JSON.stringify(spans);
  }
}

function toCollected(span: ReadableSpan): CollectedSpan {
  const { traceId, spanId } = span.spanContext();
  const [seconds, nanos] = span.duration;
  return {
    name: span.name,
    kind: span.kind,
    traceId,
    spanId,
    parent: span.parentSpanContext?.spanId,
    links: span.links.map(({ context }) => context.spanId),
    attributes: span.attributes,
    hasFailed: span.status.code === SpanStatusCode.ERROR,
    tookMs: seconds * 1_000 + nanos / 1e6,
  };
}
