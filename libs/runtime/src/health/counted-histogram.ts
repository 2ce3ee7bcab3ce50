/** Minutes to hours: how long stages of an upgrade take. */
export const LONG_SECONDS: readonly number[] = [
  ...[0.1, 0.5, 1, 5, 15, 30],
  ...[60, 120, 300, 600, 1_200, 1_800],
  ...[3_600, 7_200, 14_400, 28_800, 86_400],
];

export type LabelValues<L extends string> = Readonly<Record<L, string>>;

interface Observed<L extends string> {
  readonly labels: LabelValues<L>;
  /** How many lie in each bucket, and above the last. */
  readonly counts: number[];
  sum: number;
}

/** What a checkpoint keeps of it. */
export interface KeptHistogram<L extends string> {
  readonly labels: LabelValues<L>;
  readonly counts: readonly number[];
  readonly sum: number;
}

export interface HistogramSample {
  /** Behind the name of the metric. */
  readonly suffix: '_bucket' | '_sum' | '_count';
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** A histogram that is counted from events, so that what was counted can be kept and taken back. */
export class CountedHistogram<L extends string> {
  private readonly observed = new Map<string, Observed<L>>();

  constructor(readonly buckets: readonly number[] = LONG_SECONDS) {}

  observe(labels: LabelValues<L>, seconds: number): void {
    const entry = this.entryOf(labels);
    const index = this.buckets.findIndex((bound) => seconds <= bound);
    const at = index === -1 ? this.buckets.length : index;
    entry.counts[at] = (entry.counts[at] ?? 0) + 1;
    entry.sum += seconds;
  }

  get kept(): readonly KeptHistogram<L>[] {
    return [...this.observed.values()].map((each) => ({ ...each, counts: [...each.counts] }));
  }

  takeBack(kept: readonly KeptHistogram<L>[]): void {
    this.observed.clear();
    for (const { labels, counts, sum } of kept) {
      Object.assign(this.entryOf(labels), { counts: [...counts], sum });
    }
  }

  *samples(): Generator<HistogramSample> {
    for (const { labels, counts, sum } of this.observed.values()) {
      let below = 0;
      for (const [index, count] of counts.entries()) {
        below += count;
        const le = this.buckets[index] ?? '+Inf';
        yield { suffix: '_bucket', labels: { ...labels, le }, value: below };
      }
      yield { suffix: '_sum', labels, value: sum };
      yield { suffix: '_count', labels, value: below };
    }
  }

  private entryOf(labels: LabelValues<L>): Observed<L> {
    const key = JSON.stringify(Object.entries(labels).sort());
    const known = this.observed.get(key);
    if (known !== undefined) return known;
    const counts = Array.from({ length: this.buckets.length + 1 }, () => 0);
    const entry: Observed<L> = { labels, counts, sum: 0 };
    this.observed.set(key, entry);
    return entry;
  }
}
