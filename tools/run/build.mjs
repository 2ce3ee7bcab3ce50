// Compiles all sources into dist/. A process that starts from there meanwhile reads each file whole, old or new.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root, runs } from './ensure-installed.mjs';
import { takesNoOptions } from './no-options.mjs';

const TARGET = join(root, 'dist');
const SOURCES = ['apps', 'libs', 'tools', 'bench', 'test'];
/** Beside dist/, so that the paths within source maps are right. */
const NEW = /^\.dist-(\d+)$/;

takesNoOptions('npm run build', 'Compiles all sources into dist/.');
removeLeftovers();
const folder = `.dist-${process.pid}`;
const compiled = join(root, folder);
try {
  const swc = join(root, 'node_modules/@swc/cli/bin/swc.js');
  const options = ['--out-dir', folder, '--ignore', '**/*.spec.ts', '--quiet'];
  if (runs(process.execPath, [swc, ...SOURCES, ...options])) replaceChanged();
  else process.exitCode = 1;
} finally {
  rmSync(compiled, { recursive: true, force: true });
}

function replaceChanged() {
  const files = filesIn(compiled);
  for (const file of files) {
    if (isChanged(file)) {
      mkdirSync(dirname(join(TARGET, file)), { recursive: true });
      renameSync(join(compiled, file), join(TARGET, file));
    } else {
      // Newer than its source again, so that nobody builds once more.
      utimesSync(join(TARGET, file), new Date(), new Date());
    }
  }
  const current = new Set(files);
  // What else lies in dist/, as packages do, is not of this build.
  const before = SOURCES.flatMap((source) =>
    filesIn(join(TARGET, source)).map((file) => join(source, file)),
  );
  for (const file of before) if (!current.has(file)) rmSync(join(TARGET, file));
}

function isChanged(file) {
  const before = contentOf(join(TARGET, file));
  return before === undefined || !before.equals(readFileSync(join(compiled, file)));
}

function contentOf(file) {
  try {
    return readFileSync(file);
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function filesIn(folder) {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, path, name }) => join(parentPath ?? path, name).slice(folder.length + 1));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Of builds that were killed. */
function removeLeftovers() {
  for (const name of readdirSync(root)) {
    const [, pid] = NEW.exec(name) ?? [];
    if (pid !== undefined && !isRunning(Number(pid))) {
      rmSync(join(root, name), { recursive: true, force: true });
    }
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
