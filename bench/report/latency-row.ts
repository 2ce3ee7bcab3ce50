import type { Aim, Row } from '../benchmark';

interface LatencyRow {
  readonly section: string;
  readonly measure: string;
  /** One value per upgrade, in milliseconds. */
  readonly latencies: readonly number[];
  /** For the median. */
  readonly aim?: Aim | undefined;
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

/** Nearest rank: the smallest value that at least this share of all values does not exceed. NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}
