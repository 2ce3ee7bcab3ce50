import type { Output, Screen } from './printer';
import { Printer } from './printer';

const RESULT = {
  document: { items: [{ id: 'a' }], nextCursor: null },
  rows: [
    { id: 'a', revision: 7, upgrade: null },
    { id: 'bb', revision: 12, upgrade: 'u' },
  ],
};

function printing(output: Output, work: (printer: Printer) => void): string {
  let text = '';
  const screen: Screen = { out: (part) => (text += part), err: () => undefined };
  work(new Printer(output, screen));
  return text;
}

const printed = (output: Output) => printing(output, (printer) => printer.print(RESULT));

describe('the printer', () => {
  it('shows rows to people as a table without borders', () => {
    const lines = printed('table').split('\n');
    expect(lines).toEqual(['ID  REVISION  UPGRADE', 'a   7         -', 'bb  12        u', '']);
  });

  it('gives machines the whole document', () => {
    expect(JSON.parse(printed('json'))).toEqual(RESULT.document);
  });

  it('gives machines one row a line', () => {
    const lines = printed('jsonl').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(RESULT.rows);
  });

  it('says nothing in place of an empty table', () => {
    const nothing = { document: {}, rows: [] };
    expect(printing('table', (printer) => printer.print(nothing))).toBe('nothing\n');
  });

  it('keeps out of the terminal what steers it', () => {
    const forged = { document: {}, rows: [{ note: 'a\u001b[2Jb\nc' }] };
    expect(printing('table', (printer) => printer.print(forged))).toBe('NOTE\na [2Jb c\n');
    const words = { ...forged, words: ['a\u001b[2Jb'] };
    expect(printing('table', (printer) => printer.print(words))).toBe('a [2Jb\n');
  });

  describe('of records that come one by one', () => {
    const records = (output: Output, count: number, problem?: object) =>
      printing(output, (printer) => {
        printer.begin();
        RESULT.rows.slice(0, count).forEach((row) => printer.line(row));
        printer.finish();
        if (problem !== undefined) printer.problem(problem);
      });

    it.each([0, 2])('makes one JSON array: %s', (count) => {
      expect(JSON.parse(records('json', count))).toEqual(RESULT.rows.slice(0, count));
    });

    it('makes lines as they come', () => {
      expect(records('jsonl', 2).split('\n')).toHaveLength(3);
      expect(records('table', 2)).toBe('a  7  -\nbb  12  u\n');
    });

    it('keeps to one JSON value also when something goes wrong after them', () => {
      expect(JSON.parse(records('json', 2, { code: 'x' }))).toEqual(RESULT.rows);
      expect(records('jsonl', 0, { code: 'x' })).toBe('{"code":"x"}\n');
    });
  });

  it('gives machines the problem where nothing else was printed', () => {
    const problem = (output: Output) => printing(output, (each) => each.problem({ code: 'x' }));
    expect(JSON.parse(problem('json'))).toEqual({ code: 'x' });
    expect(problem('table')).toBe('');
  });
});
