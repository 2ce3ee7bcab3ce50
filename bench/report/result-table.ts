import Table from 'cli-table3';
import pc from 'picocolors';
import type { Aim, Figure } from '../benchmark';
import type { SummaryFigure, SummaryRow } from './median-rows';

/** All rows in one table, the aims beside. */
export function resultTable(rows: readonly SummaryRow[]): string {
  const table = new Table({
    head: ['benchmark', 'measure', 'result', 'aim'].map(pc.bold),
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

export function isMet(aim: Aim, value: number): boolean {
  return 'atLeast' in aim ? value >= aim.atLeast : value < aim.lessThan;
}

/** Three significant digits, whole from 100 on. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
