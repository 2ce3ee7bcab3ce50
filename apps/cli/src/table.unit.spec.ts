import { tableOf } from './table';

const ID = '0b1c6c0e-0000-4000-8000-00000000000a';
const ROW = {
  instance: ID,
  status: 'upgrade-failed',
  waiting: null,
  detail: 'the build ended in an error that nobody has seen before',
};

const widest = (text: string) => Math.max(...text.split('\n').map((line) => line.length));

describe('a table', () => {
  it('has one line a row where it has the room', () => {
    expect(tableOf([ROW]).split('\n')).toHaveLength(2);
    expect(tableOf([ROW])).toContain('WAITING');
  });

  it('leaves out what says nothing, and wraps words, on a narrow terminal', () => {
    const text = tableOf([ROW, ROW], { columns: 80 });
    expect(widest(text)).toBeLessThanOrEqual(80);
    expect(text).not.toContain('WAITING');
    expect(text.split('\n')[1]).toBe(`${ID}  upgrade-failed  the build ended in an`);
    expect(text.replace(/\s+/g, ' ')).toContain('error that nobody has seen before');
  });

  it('makes a block of each row where not even that helps, and cuts nothing off', () => {
    expect(tableOf([ROW, ROW], { columns: 40 }).split('\n\n')).toEqual(
      Array(2).fill(
        `INSTANCE  ${ID}\nSTATUS    upgrade-failed\nDETAIL    the build ended in an error that nobody has seen before`,
      ),
    );
  });

  it('is coloured only where that was asked for', () => {
    expect(tableOf([ROW])).not.toContain('\u001b');
    const coloured = tableOf([ROW], { isColored: true });
    expect(coloured).toContain('\u001b[31mupgrade-failed\u001b[39m');
    expect(coloured.split('\n')[1]?.startsWith(ID)).toBe(true);
  });
});
