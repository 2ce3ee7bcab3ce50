import Table from 'cli-table3';
import pc from 'picocolors';

export type Row = Readonly<Record<string, string | number | boolean | null>>;

/** What rows are shown on. */
export interface Surface {
  /** Width of a terminal; absent: lines may have any length. */
  readonly columns?: number | undefined;
  readonly isColored?: boolean;
}

interface Column {
  readonly name: string;
  readonly cells: readonly string[];
  readonly isEmpty: boolean;
  readonly minimum: number;
  width: number;
}

const GAP = 2;
/** No column with words in it is made narrower than this. */
const NARROW = 20;
/** Columns that say how something stands. */
const STATES: readonly string[] = ['status', 'outcome', 'answer'];
const BAD = /fail|unhealthy|unresponsive|refused|unknown/;

const NO_BORDER = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left'],
    ...['bottom-right', 'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
  ].map((name) => [name, '']),
);

/**
 * Rows as a table. On a terminal that is too narrow, columns that say nothing are left out, and columns of words are
 * wrapped; if that is not enough, each row is a block of lines. Nothing is cut off.
 */
export function tableOf(rows: readonly Row[], surface: Surface = {}): string {
  if (rows.length === 0) return 'nothing';
  const { columns: room = Infinity } = surface;
  const all = columnsOf(rows);
  const shown = widthOf(all) <= room ? all : all.filter(({ isEmpty }) => !isEmpty);
  shrink(shown, room);
  return widthOf(shown) <= room ? asTable(shown, surface) : asBlocks(shown, surface);
}

function columnsOf(rows: readonly Row[]): readonly Column[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return names.map((name) => {
    const values = rows.map((row) => row[name] ?? null);
    const cells = values.map(cellOf);
    const width = longest([name, ...cells]);
    const words = longest([name, ...cells.flatMap((cell) => cell.split(/\s+/))]);
    const isEmpty = values.every((value) => value === null);
    return { name, cells, isEmpty, width, minimum: Math.max(words, Math.min(width, NARROW)) };
  });
}

export function cellOf(value: Row[string]): string {
  return value === null ? '-' : inOneLine(String(value));
}

/** Texts of others may hold what steers a terminal. */
export function inOneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}

function longest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, [...text].length), 0);
}

function widthOf(columns: readonly Column[]): number {
  return columns.reduce((sum, { width }) => sum + width + GAP, -GAP);
}

/** Takes from the widest first; as far as it goes. */
function shrink(columns: readonly Column[], room: number): void {
  for (let excess = widthOf(columns) - room; excess > 0; excess -= 1) {
    const wide = columns.filter(({ width, minimum }) => width > minimum);
    const [widest] = [...wide].sort((a, b) => b.width - a.width);
    if (widest === undefined) return;
    widest.width -= 1;
  }
}

function asTable(columns: readonly Column[], { isColored = false }: Surface): string {
  const { bold } = pc.createColors(isColored);
  const table = new Table({
    chars: NO_BORDER,
    style: { 'padding-left': 0, 'padding-right': GAP, head: [], border: [] },
    head: columns.map(({ name }) => bold(name.toUpperCase())),
    colWidths: columns.map(({ width }) => width + GAP),
    wordWrap: true,
  });
  const height = columns[0]?.cells.length ?? 0;
  for (let n = 0; n < height; n += 1) {
    table.push(columns.map((column) => painted(column, n, isColored)));
  }
  return withoutTrailingBlanks(table.toString());
}

function asBlocks(columns: readonly Column[], { isColored = false }: Surface): string {
  const { bold } = pc.createColors(isColored);
  const height = columns[0]?.cells.length ?? 0;
  const room = longest(columns.map(({ name }) => name));
  const blockOf = (n: number) =>
    columns.map((column) => {
      const name = column.name.toUpperCase().padEnd(room);
      return `${bold(name)}${' '.repeat(GAP)}${painted(column, n, isColored)}`;
    });
  return Array.from({ length: height }, (_, n) => blockOf(n).join('\n')).join('\n\n');
}

function painted({ name, cells }: Column, n: number, isColored: boolean): string {
  const { red } = pc.createColors(isColored);
  const cell = cells[n] ?? '';
  return STATES.includes(name) && BAD.test(cell) ? red(cell) : cell;
}

function withoutTrailingBlanks(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
