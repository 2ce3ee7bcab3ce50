import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../workspace/workspace';

/** Writes a process for a test: `body` sees the built runtime library as `runtime`. */
export function writeScript(folder: string, name: string, body: string): string {
  const file = join(folder, `${name}.js`);
  const library = JSON.stringify(join(projectRoot(), 'dist/libs/runtime/src/index.js'));
  writeFileSync(file, `const runtime = require(${library});\n${body}\n`);
  return file;
}
