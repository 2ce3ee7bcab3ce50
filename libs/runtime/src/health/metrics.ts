import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Metric } from 'prom-client';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { CountedHistogram, LabelValues } from './counted-histogram';

const PREFIX = 'uplift_';
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Name without the prefix, base units (`_seconds`, `_bytes`), counters end in `_total`; no identifier as a label. */
export interface MetricOptions<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly L[];
}

export type LabelledValue<L extends string> = readonly [labels: LabelValues<L>, value: number];

/** The metrics of one process: its own registry, every name prefixed with `uplift_`. */
export class Metrics {
  readonly registry = new Registry();

  constructor(service: string, commit = 'unknown') {
    this.gauge({
      name: 'build_info',
      help: 'What is running',
      labels: ['service', 'version', 'commit'],
    }).set({ service, version: BUILD_VERSION, commit }, 1);
  }

  /** Processor, memory, event loop and garbage collection of this process, until it ends. */
  measureProcess(): this {
    collectDefaultMetrics({ register: this.registry });
    return this;
  }

  counter<L extends string = never>(options: MetricOptions<L>): Counter<L> {
    return new Counter(this.described(options));
  }

  /** With `read`, the value is asked for on every scrape. */
  gauge<L extends string = never>(options: MetricOptions<L>, read?: () => number): Gauge<L> {
    if (!read) return new Gauge(this.described(options));
    return new Gauge({
      ...this.described(options),
      collect() {
        this.set(read());
      },
    });
  }

  /** A value for each combination of labels, asked for on every scrape; what is told no more is shown no more. */
  gaugeBy<L extends string>(
    options: MetricOptions<L>,
    read: () => Iterable<LabelledValue<L>> | Promise<Iterable<LabelledValue<L>>>,
  ): void {
    new Gauge<L>({
      ...this.described(options),
      async collect() {
        const values = await read();
        this.reset();
        for (const [labels, value] of values) this.set(labels, value);
      },
    });
  }

  /** As `gaugeBy`, for what never falls: it was counted elsewhere. */
  counterBy<L extends string>(
    options: MetricOptions<L>,
    read: () => Iterable<LabelledValue<L>>,
  ): void {
    new Counter<L>({
      ...this.described(options),
      collect() {
        this.reset();
        for (const [labels, value] of read()) this.inc(labels, value);
      },
    });
  }

  /** As `counterBy`; null: nothing is shown yet. */
  histogramBy<L extends string>(
    options: MetricOptions<L>,
    read: () => CountedHistogram<L> | null,
  ): void {
    const { name, help } = this.described(options);
    const get = () => {
      const values = [...(read()?.samples() ?? [])].map(({ suffix, ...sample }) => ({
        ...sample,
        metricName: `${name}${suffix}`,
      }));
      return Promise.resolve({ name, help, type: 'histogram', values, aggregator: 'sum' });
    };
    // The registry asks a metric for nothing else.
    this.registry.registerMetric({ name, help, get, reset: () => undefined } as unknown as Metric);
  }

  /** Buckets are seconds unless given. */
  histogram<L extends string = never>(
    options: MetricOptions<L> & { readonly buckets?: readonly number[] },
  ): Histogram<L> {
    return new Histogram({
      ...this.described(options),
      buckets: [...(options.buckets ?? SECONDS)],
    });
  }

  async render(): Promise<{ readonly type: string; readonly body: string }> {
    return { type: this.registry.contentType, body: await this.registry.metrics() };
  }

  private described<L extends string>({ name, help, labels = [] }: MetricOptions<L>) {
    return {
      name: `${PREFIX}${name}`,
      help,
      labelNames: [...labels],
      registers: [this.registry],
    };
  }
}

export const BUILD_VERSION = buildVersion();

/** The version in the nearest package.json above this file; sources and build output lie at different depths. */
function buildVersion(from = __dirname): string {
  const file = join(from, 'package.json');
  if (existsSync(file)) {
    return String((JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown }).version);
  }
  return dirname(from) === from ? 'unknown' : buildVersion(dirname(from));
}
