import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const ALIAS = /(['"])@uplift\/([\w-]+)(\/testing)?\1/g;

/** Writes the declarations of the entries, and of what they are made of, to `target`; they name each other by relative paths. */
export function writeDeclarations(root: string, entries: readonly string[], target: string): void {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const project = join(target, 'tsconfig.json');
  const compilerOptions = {
    ...{ declaration: true, emitDeclarationOnly: true, incremental: false, tsBuildInfoFile: null },
    ...{ rootDir: root, outDir: join(target, 'dist'), types: ['node'] },
  };
  const settings = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions,
    include: [],
    files: entries.map((entry) => join(root, `${entry}.ts`)),
  };
  writeFileSync(project, JSON.stringify(settings));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', project], { cwd: root, stdio: 'inherit' });
  for (const file of readdirSync(target, { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.d.ts')) nameByPath(target, file);
  }
}

/** The compiler writes `any`, with a comment, for what it cannot write out. */
const UNSAID = '/*elided*/ any';

/** Throws if a declaration has `any` in place of a type that was inferred. */
export function refuseUnsaid(target: string, files: readonly string[]): void {
  const unsaid = files.filter((file) => readFileSync(join(target, file), 'utf8').includes(UNSAID));
  if (unsaid.length === 0) return;
  throw new Error(`Types that are inferred here have to be written out: ${unsaid.join(', ')}`);
}

function nameByPath(target: string, file: string): void {
  const path = join(target, file);
  const text = readFileSync(path, 'utf8');
  const named = text.replace(ALIAS, (_, quote: string, library: string, testing = '') => {
    const index = join(target, 'dist/libs', library, `src${testing as string}/index`);
    return `${quote}${relative(dirname(path), index).replace(/^(?!\.)/, './')}${quote}`;
  });
  if (named !== text) writeFileSync(path, named);
}
