import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';

/** What a file needs to be run, or to be compiled against. */
export interface References {
  /** Below the folder that was looked in. */
  readonly files: readonly string[];
  /** Names of npm packages. */
  readonly packages: readonly string[];
}

const BUILT = `dist${sep}`;
/** Of a module that is loaded, also by a `require` of another folder, which the compiler numbers; and of a script that is started by its name. */
const LOADED = /\b(?:require\d*(?:\.resolve)?|import)\(\s*["']([^"'\n]+)["']\s*\)/g;
const IMPORTED = /\b(?:from|import)\s+["']([^"'\n]+)["']/g;
const STARTED = /["']([\w./-]+\.js)["']/g;

/** Compiled JavaScript below `root` that an entry loads or starts, the entry among it. */
export function referencedScripts(root: string, entry: string): References {
  return collect(entry, (file) => {
    const text = withoutComments(readFileSync(join(root, file), 'utf8'));
    const loaded = namesIn(text, LOADED).map((name) => ({ name, isNeeded: true }));
    const started = namesIn(text, STARTED).map((name) => ({ name, isNeeded: false }));
    return [...loaded, ...started].flatMap((named) => scriptOf(root, file, named));
  });
}

/** The declarations that those of an entry are made of. */
export function referencedTypes(root: string, entry: string): References {
  return collect(entry, (file) => {
    const text = withoutComments(readFileSync(join(root, file), 'utf8'));
    return [...namesIn(text, IMPORTED), ...namesIn(text, LOADED)].map((name): Reference => {
      if (!name.startsWith('.')) return { package: packageOf(name) };
      return required(root, join(dirname(file), name), ['.d.ts', `${sep}index.d.ts`]);
    });
  });
}

type Reference = string | { readonly package: string };

function collect(entry: string, referencesIn: (file: string) => readonly Reference[]): References {
  const files = new Set<string>();
  const packages = new Set<string>();
  const waiting = [entry];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    const references = referencesIn(file);
    waiting.push(...references.filter((reference) => typeof reference === 'string'));
    packagesAmong(references).forEach((name) => packages.add(name));
  }
  return { files: [...files].sort(), packages: [...packages].sort() };
}

function packagesAmong(references: readonly Reference[]): readonly string[] {
  const names = references.flatMap((reference) =>
    typeof reference === 'string' ? [] : [reference.package],
  );
  return names.filter((name) => !isBuiltin(name));
}

function scriptOf(
  root: string,
  file: string,
  { name, isNeeded }: { readonly name: string; readonly isNeeded: boolean },
): readonly Reference[] {
  const endings = ['', '.js', `${sep}index.js`];
  if (isNeeded && !name.startsWith('.')) return [{ package: packageOf(name) }];
  if (isNeeded) return [required(root, join(dirname(file), name), endings)];
  const places = [join(dirname(file), name), ...(name.startsWith('dist/') ? [name] : [])];
  return places.filter((place) => place.startsWith(BUILT) && existsSync(join(root, place)));
}

function required(root: string, place: string, endings: readonly string[]): string {
  const found = endings
    .map((ending) => `${place}${ending}`)
    .find((path) => /\.(js|ts|json)$/.test(path) && existsSync(join(root, path)));
  if (found === undefined) throw new Error(`${relative(root, join(root, place))} is not there`);
  return found;
}

/** `@scope/name` or `name`, without what is inside. */
function packageOf(name: string): string {
  if (name.startsWith('node:')) return name;
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
}

function namesIn(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].flatMap(([, name]) => name ?? []);
}

/** A comment loads nothing. Those within a line of code stay: `//` is a part of addresses. */
function withoutComments(text: string): string {
  return text.replace(/^\s*(\/\/.*|\/\*[\s\S]*?\*\/)/gm, '');
}
