import type { Row, Surface } from './table';
import { cellOf, inOneLine, tableOf } from './table';

export const OUTPUTS = ['table', 'json', 'jsonl'] as const;
export type Output = (typeof OUTPUTS)[number];
export type { Row } from './table';

/** What a command has to say: the whole document, and the rows a person reads. */
export interface Result {
  readonly document: unknown;
  readonly rows: readonly Row[];
  /** What a person reads in place of the rows. */
  readonly words?: readonly string[];
}

/** Where output goes. */
export interface Screen extends Surface {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** As wide as the terminal, and coloured where that can be and NO_COLOR is not set. */
export const PROCESS_SCREEN: Screen = {
  out: (text) => void process.stdout.write(text),
  // Behind what was printed before, and not at all where nobody has read that.
  err: (text) =>
    void process.stdout.write('', (error) => {
      if (!error) process.stderr.write(text);
    }),
  get columns() {
    return process.stdout.isTTY ? process.stdout.columns : undefined;
  },
  get isColored() {
    return process.stdout.isTTY && process.stdout.hasColors();
  },
};

/** Data to stdout, words to stderr. As JSON all that a command prints is one value. */
export class Printer {
  /** What was printed line by line, where it becomes one array. */
  private records: Row[] | null = null;
  private hasPrinted = false;

  constructor(
    readonly output: Output,
    private readonly screen: Screen = PROCESS_SCREEN,
  ) {}

  print({ document, rows, words }: Result): void {
    switch (this.output) {
      case 'json':
        return this.json(document);
      case 'jsonl':
        return rows.forEach((row) => this.line(row));
      case 'table':
        return this.screen.out(`${words?.map(inOneLine).join('\n') ?? this.table(rows)}\n`);
    }
  }

  /** A page as it is, for a file or another program. */
  page(text: string): void {
    this.screen.out(text);
  }

  table(rows: readonly Row[]): string {
    return tableOf(rows, this.screen);
  }

  /** Lines follow, perhaps none. */
  begin(): void {
    this.records ??= [];
  }

  /** One record of several that come one by one. */
  line(row: Row): void {
    if (this.output === 'json') {
      this.begin();
      this.records?.push(row);
      return;
    }
    const isTable = this.output === 'table';
    const text = isTable ? Object.values(row).map(cellOf).join('  ') : JSON.stringify(row);
    this.screen.out(`${text}\n`);
  }

  /** Nothing more is printed but perhaps a problem. */
  finish(): void {
    if (this.output === 'json' && this.records !== null) this.json(this.records);
    this.records = null;
  }

  /** What went wrong, for machines; left out where the one value of JSON is printed already. */
  problem(document: unknown): void {
    if (this.output === 'jsonl') this.screen.out(`${JSON.stringify(document)}\n`);
    if (this.output === 'json' && !this.hasPrinted) this.json(document);
  }

  say(words: string): void {
    this.screen.err(`${inOneLine(words)}\n`);
  }

  private json(value: unknown): void {
    this.hasPrinted = true;
    this.screen.out(`${JSON.stringify(value, null, 2)}\n`);
  }
}
