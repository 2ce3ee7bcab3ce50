import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lineOf, traceToSources } from './stack-traces';

/** Column 0 of line 1 comes from line 3, column 2 of the source. */
const MAP = { version: 3, sources: ['../src/work.ts'], names: [], mappings: 'AAEE' };

describe('a line of a stack trace', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'traces-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const compiled = (name: string, lastLine: string, map?: string) => {
    const file = join(folder, name);
    writeFileSync(file, `work();\n${lastLine}\n`);
    if (map !== undefined) writeFileSync(`${file}.map`, map);
    return file;
  };
  const frameIn = (file: string | null, line: number | null = 1) => ({
    getFileName: () => file,
    getLineNumber: () => line,
    getColumnNumber: () => 1,
    toString: () => `work (${file}:${line}:1)`,
  });

  it('names the source that was compiled', () => {
    const file = compiled('work.js', '//# sourceMappingURL=work.js.map', JSON.stringify(MAP));
    const source = join(folder, '../src/work.ts');
    expect(lineOf(frameIn(file))).toBe(`work (${source}:3:3)`);
  });

  it('names the nearest place that is known, and none that the source may not have', () => {
    const file = compiled('work.js', '//# sourceMappingURL=work.js.map', JSON.stringify(MAP));
    const source = join(folder, '../src/work.ts');
    expect(lineOf(frameIn(file, 2))).toBe(`work (${source}:3:3)`);
  });

  it.each([
    ['has no map', 'none.js', '', undefined],
    ['names a map that is not there', 'gone.js', '//# sourceMappingURL=gone.js.map', undefined],
    ['has a map that is none', 'broken.js', '//# sourceMappingURL=broken.js.map', 'no JSON'],
  ])('stays as it is where the file %s', (_words, name, lastLine, map) => {
    const file = compiled(name, lastLine, map);
    expect(lineOf(frameIn(file))).toBe(`work (${file}:1:1)`);
  });

  it('stays as it is where there is no file, or none of ours', () => {
    for (const file of [null, 'node:net', '/x/node_modules/y/z.js', '/gone.js']) {
      expect(lineOf(frameIn(file))).toBe(`work (${file}:1:1)`);
    }
    expect(lineOf(frameIn('/a.js', null))).toBe('work (/a.js:null:1)');
  });
});

describe('a stack trace', () => {
  const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  afterEach(() => Object.defineProperty(Error, 'prepareStackTrace', before ?? {}));

  it('begins with what the error says, as ever', () => {
    traceToSources();
    const [first, second] = (new TypeError('not this').stack ?? '').split('\n');
    expect(first).toBe('TypeError: not this');
    expect(second).toMatch(/^ {4}at .*stack-traces\.unit\.spec\.ts:\d+:\d+/);
  });
});
