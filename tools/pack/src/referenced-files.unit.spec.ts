import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { refuseUnsaid } from './declarations';
import { referencedScripts, referencedTypes } from './referenced-files';

describe('what a package is made of', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'uplift-pack-'));
  });

  afterEach(() => rmSync(root, { recursive: true }));

  const write = (files: Readonly<Record<string, string>>) => {
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), content);
    }
  };

  it('is all that its entry loads, at whatever remove, and nothing else', () => {
    write({
      'dist/a/index.js': 'const b = require("./b"); require("../c");\n// require("./unused")',
      'dist/a/b.js': 'const late = () => import("./late"); require("./index");',
      'dist/a/late.js': 'const fs = require("node:fs"); require("os");',
      'dist/c/index.js': '/* require("./unused") */',
      'dist/a/unused.js': '',
    });
    expect(referencedScripts(root, 'dist/a/index.js')).toEqual({
      files: ['dist/a/b.js', 'dist/a/index.js', 'dist/a/late.js', 'dist/c/index.js'],
      packages: [],
    });
  });

  it('is what it starts by name as well: beside it, or below the folder of the build', () => {
    write({
      'dist/a/index.js': `spawn(join(__dirname, './thread.js')); start('dist/b/main.js'); say('not-there.js');`,
      'dist/a/thread.js': '',
      'dist/b/main.js': "resolve(__dirname, '../c/other.js')",
      'dist/c/other.js': '',
    });
    expect(referencedScripts(root, 'dist/a/index.js').files).toEqual([
      'dist/a/index.js',
      'dist/a/thread.js',
      'dist/b/main.js',
      'dist/c/other.js',
    ]);
  });

  it('names the packages that it needs, whatever is taken of them', () => {
    write({
      'dist/index.js':
        'require("nats"); require("ajv/dist/2020"); require1.resolve("@scope/one/package.json"); require("node:fs/promises");',
    });
    expect(referencedScripts(root, 'dist/index.js').packages).toEqual([
      '@scope/one',
      'ajv',
      'nats',
    ]);
  });

  it('cannot lack a file', () => {
    write({ 'dist/index.js': 'require("./gone");' });
    expect(() => referencedScripts(root, 'dist/index.js')).toThrow('dist/gone is not there');
  });

  it('is not packed while a type in it is left to be any', () => {
    write({
      'dist/said.d.ts': 'export declare const a: { b: string };',
      'dist/unsaid.d.ts': 'export declare const a: { b: /*elided*/ any };',
    });
    expect(() => refuseUnsaid(root, ['dist/said.d.ts'])).not.toThrow();
    expect(() => refuseUnsaid(root, ['dist/said.d.ts', 'dist/unsaid.d.ts'])).toThrow(
      'Types that are inferred here have to be written out: dist/unsaid.d.ts',
    );
  });

  it('is declared by what its declarations name, types of packages among them', () => {
    write({
      'dist/index.d.ts': `export * from './a'; export type B = import("./b").B; import type { N } from 'nats';`,
      'dist/a/index.d.ts': `import '../c';`,
      'dist/b.d.ts': '',
      'dist/c.d.ts': '',
      'dist/unused.d.ts': '',
    });
    expect(referencedTypes(root, 'dist/index.d.ts')).toEqual({
      files: ['dist/a/index.d.ts', 'dist/b.d.ts', 'dist/c.d.ts', 'dist/index.d.ts'],
      packages: ['nats'],
    });
  });
});
