import Table from 'cli-table3';
import pc from 'picocolors';
import type { Aim, Figure, Row } from '../benchmark';
import { percentile } from './latency-row';

interface SummaryFigure extends Figure {
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

/** All rows in one table, the aims beside, the version of Node above the figures. */
export function resultTable(rows: readonly SummaryRow[], node: string): string {
  const table = new Table({
    head: ['benchmark', 'measure', `result on Node ${node}`, 'aim'].map(pc.bold),
    style: { head: [], border: [], compact: true },
  });
  let section = '';
  for (const row of rows) {
    if (row.section !== section && section !== '') table.push(['', '', '', '']);
    table.push([
      row.section === section ? '' : row.section,
      row.measure,
      row.figures.map(figureText).join(', '),
      row.figures.flatMap(aimText).join(', '),
    ]);
    section = row.section;
  }
  return table.toString();
}

function summaryOf(rows: readonly Row[]): SummaryRow[] {
  const [first] = rows;
  if (!first) return [];
  const figures = first.figures.map((figure, n) => {
    const values = rows.flatMap((row) => row.figures[n]?.value ?? []);
    const value = percentile(values, 0.5);
    return { ...figure, value, least: Math.min(...values), most: Math.max(...values) };
  });
  return [{ ...first, figures }];
}

function figureText({ value, unit, least, most }: SummaryFigure): string {
  const range = least === most ? '' : ` (${numberText(least)}–${numberText(most)})`;
  return `${numberText(value)}${range} ${unit}`;
}

function aimText({ aim, value }: Figure): string[] {
  if (!aim) return [];
  const mark = isMet(aim, value) ? pc.green('✓') : pc.red('✗');
  const words = 'atLeast' in aim ? `≥ ${numberText(aim.atLeast)}` : `< ${numberText(aim.lessThan)}`;
  return [`${mark} ${words}`];
}

function isMet(aim: Aim, value: number): boolean {
  return 'atLeast' in aim ? value >= aim.atLeast : value < aim.lessThan;
}

/** Three significant digits, whole from 100 on. */
function numberText(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
