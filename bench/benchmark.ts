import type { BenchOptions } from './bench.options';

export interface Figure {
  readonly value: number;
  /** Words after the number, for example `events/s` or `ms p50`. */
  readonly unit: string;
  /** What is wanted; absent where the figure only explains. */
  readonly aim?: Aim;
}

export type Aim = { readonly atLeast: number } | { readonly lessThan: number };

/** One line of the table. */
export interface Row {
  /** Lines of one section stand together. */
  readonly section: string;
  readonly measure: string;
  readonly figures: readonly Figure[];
}

export interface BenchContext {
  readonly options: BenchOptions;
  /** Tells the person who waits what is going on. */
  readonly say: (words: string) => void;
}

/** Starts what it needs, warms it up, measures, and leaves nothing behind. */
export type Benchmark = (context: BenchContext) => Promise<readonly Row[]>;
