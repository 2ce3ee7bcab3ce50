import Table from 'cli-table3';

export const OUTPUTS = ['table', 'json', 'jsonl'] as const;
export type Output = (typeof OUTPUTS)[number];

export type Row = Readonly<Record<string, string | number | boolean | null>>;

/** What a command has to say: the whole document, and the rows a person reads. */
export interface Result {
  readonly document: unknown;
  readonly rows: readonly Row[];
  /** What a person reads in place of the rows. */
  readonly words?: readonly string[];
}

const NO_BORDER = {
  chars: Object.fromEntries(
    [
      ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left'],
      ...['bottom-right', 'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
    ].map((name) => [name, '']),
  ),
  style: { 'padding-left': 0, 'padding-right': 2, head: [], border: [] },
};

/** Data to stdout, words to stderr. */
export class Printer {
  constructor(
    readonly output: Output,
    private readonly stdout: (text: string) => void = (text) => void process.stdout.write(text),
    private readonly stderr: (text: string) => void = (text) => void process.stderr.write(text),
  ) {}

  print({ document, rows, words }: Result): void {
    switch (this.output) {
      case 'json':
        return this.stdout(`${JSON.stringify(document, null, 2)}\n`);
      case 'jsonl':
        return rows.forEach((row) => this.line(row));
      case 'table':
        return this.stdout(`${words?.join('\n') ?? tableOf(rows)}\n`);
    }
  }

  /** One record of a stream. */
  line(row: Row): void {
    const text =
      this.output === 'table' ? Object.values(row).map(cell).join('  ') : JSON.stringify(row);
    this.stdout(`${text}\n`);
  }

  say(words: string): void {
    this.stderr(`${words}\n`);
  }
}

function tableOf(rows: readonly Row[]): string {
  const [first] = rows;
  if (first === undefined) return 'nothing';
  const head = Object.keys(first);
  const table = new Table({ ...NO_BORDER, head: head.map((name) => name.toUpperCase()) });
  rows.forEach((row) => table.push(head.map((name) => cell(row[name] ?? null))));
  return table.toString();
}

function cell(value: Row[string]): string {
  return value === null ? '-' : String(value);
}
