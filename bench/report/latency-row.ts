import type { Aim, Row } from '../benchmark';
import { percentile } from './percentiles';

interface LatencyRow {
  readonly section: string;
  readonly measure: string;
  /** One value per upgrade, in milliseconds. */
  readonly latencies: readonly number[];
  /** For the median. */
  readonly aim?: Aim;
}

export function latencyRow({ section, measure, latencies, aim }: LatencyRow): Row {
  return {
    section,
    measure,
    figures: [
      { value: percentile(latencies, 0.5), unit: 'ms p50', ...(aim ? { aim } : {}) },
      { value: percentile(latencies, 0.95), unit: 'ms p95' },
      { value: percentile(latencies, 0.99), unit: 'ms p99' },
    ],
  };
}
