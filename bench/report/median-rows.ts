import type { Figure, Row } from '../benchmark';
import { median } from './percentiles';

export interface SummaryFigure extends Figure {
  readonly least: number;
  readonly most: number;
}

export interface SummaryRow extends Row {
  readonly figures: readonly SummaryFigure[];
}

/** Rows of several runs by their section and measure, each figure the median of its runs. */
export function medianRows(runs: readonly (readonly Row[])[]): SummaryRow[] {
  const groups = new Map<string, Row[]>();
  for (const row of runs.flat()) {
    const key = `${row.section}\n${row.measure}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].flatMap(summaryOf);
}

function summaryOf(rows: readonly Row[]): SummaryRow[] {
  const [first] = rows;
  if (!first) return [];
  const figures = first.figures.map((figure, n) => {
    const values = rows.flatMap((row) => row.figures[n]?.value ?? []);
    const value = median(values);
    return { ...figure, value, least: Math.min(...values), most: Math.max(...values) };
  });
  return [{ ...first, figures }];
}
