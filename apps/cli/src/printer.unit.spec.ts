import type { Output } from './printer';
import { Printer } from './printer';

const RESULT = {
  document: { items: [{ id: 'a' }], nextCursor: null },
  rows: [
    { id: 'a', revision: 7, upgrade: null },
    { id: 'bb', revision: 12, upgrade: 'u' },
  ],
};

function printed(output: Output): string {
  let text = '';
  new Printer(output, (part) => (text += part)).print(RESULT);
  return text;
}

describe('the printer', () => {
  it('shows rows to people as a table without borders', () => {
    const lines = printed('table')
      .split('\n')
      .map((line) => line.trimEnd());
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
    let text = '';
    new Printer('table', (part) => (text += part)).print({ document: {}, rows: [] });
    expect(text).toBe('nothing\n');
  });
});
