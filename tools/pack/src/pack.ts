import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { refuseUnsaid, writeDeclarations } from './declarations';
import type { PublishedPackage } from './packages';
import { PACKAGES } from './packages';
import { referencedScripts, referencedTypes } from './referenced-files';

export interface RootManifest {
  readonly version: string;
  readonly license: string;
  readonly engines: { readonly node: string };
  readonly dependencies: Versions;
  readonly optionalDependencies: Versions;
}

type Versions = Readonly<Record<string, string>>;

/** The built repository that packages are made of. */
interface Workshop {
  readonly root: string;
  readonly manifest: RootManifest;
  readonly types: string;
}

/** Packs the packages that are named; answers with the files, which lie in `dist/packages`. */
export function packAll(root: string, names: readonly string[]): readonly string[] {
  const chosen = PACKAGES.filter(({ name }) => names.includes(name));
  const types = join(root, '.uplift/pack/types');
  const libraries = chosen.filter(({ command }) => command === undefined);
  if (libraries.length > 0) {
    const entries = libraries.map(({ entry }) => entry);
    writeDeclarations(root, entries, types);
  }
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as RootManifest;
  return chosen.map((each) => pack({ root, manifest, types }, each));
}

function pack(workshop: Workshop, published: PublishedPackage): string {
  const { root } = workshop;
  const folder = join(root, '.uplift/pack', published.name.replace('/', '-'));
  rmSync(folder, { recursive: true, force: true });
  const content = fill(workshop, published, folder);
  const manifest = manifestOf(published, workshop, content);
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  const target = join(root, 'dist/packages');
  mkdirSync(target, { recursive: true });
  const said = execFileSync('npm', ['pack', folder, '--pack-destination', target, '--json'], {
    cwd: root,
    encoding: 'utf8',
  });
  const [{ filename } = { filename: '' }] = JSON.parse(said) as { filename: string }[];
  return join(target, filename.replace('@', '').replace('/', '-'));
}

/** Answers with the npm packages that its files name. */
function fill(
  { root, types }: Workshop,
  { entry, readme, folders = [], command }: PublishedPackage,
  folder: string,
): readonly string[] {
  const scripts = referencedScripts(root, join('dist', `${entry}.js`));
  copy(root, folder, [...scripts.files, 'LICENSE', ...folders]);
  cpSync(join(root, readme), join(folder, 'README.md'));
  if (command !== undefined) return scripts.packages;
  nameExports(root, folder, join('dist', `${entry}.js`));
  const declared = referencedTypes(types, join('dist', `${entry}.d.ts`));
  refuseUnsaid(types, declared.files);
  copy(types, folder, declared.files);
  return [...scripts.packages, ...declared.packages];
}

/** ES modules may import by name only what Node finds in the text of a CommonJS module: a line that is never run names it all. */
function nameExports(root: string, folder: string, entry: string): void {
  const names = Object.keys(createRequire(join(root, entry))(join(root, entry)) as object);
  const line = `0 && (module.exports = { ${names.map((name) => `${name}: null`).join(', ')} });\n`;
  appendFileSync(join(folder, entry), `\n${line}`);
}

/** With each script its map, so that errors name the source. */
function copy(from: string, to: string, files: readonly string[]): void {
  for (const file of files) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    cpSync(join(from, file), join(to, file), { recursive: true });
    const map = `${file}.map`;
    if (existsSync(join(from, map))) cpSync(join(from, map), join(to, map));
  }
}

/** Only what is needed: the packages that the files name, and those that these ask their users for. */
export function manifestOf(
  { name, description, entry, exports = {}, command, optional, versions }: PublishedPackage,
  { root, manifest }: Pick<Workshop, 'root' | 'manifest'>,
  named: readonly string[],
) {
  const main = `./dist/${entry}.js`;
  const types = `./dist/${entry}.d.ts`;
  const { version, license, engines } = manifest;
  const library = {
    ...{ main, types },
    exports: {
      '.': { types, default: main },
      ...exports,
      './package.json': './package.json',
    },
  };
  const others = Object.entries(manifest.optionalDependencies).filter(([other]) =>
    optional?.test(other),
  );
  return {
    ...{ name, version, description, license, engines: { node: engines.node } },
    ...(command === undefined ? library : { bin: { [command]: main } }),
    dependencies: dependenciesOf(root, { manifest, named, versions }),
    ...(others.length === 0 ? {} : { optionalDependencies: Object.fromEntries(others) }),
  };
}

function dependenciesOf(
  root: string,
  {
    manifest,
    named,
    versions,
  }: Pick<PublishedPackage, 'versions'> & {
    readonly manifest: RootManifest;
    readonly named: readonly string[];
  },
): Versions {
  const { dependencies } = manifest;
  const wanted = new Map<string, string>();
  const want = (name: string): void => {
    if (wanted.has(name) || Object.hasOwn(manifest.optionalDependencies, name)) return;
    wanted.set(name, versionOf(name, dependencies));
    peersOf(root, name, dependencies).forEach(want);
  };
  named.forEach(want);
  const prefix = versions === 'caret' ? '^' : '';
  const sorted = [...wanted].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, version]) => [name, `${prefix}${version}`]));
}

function versionOf(name: string, dependencies: Versions): string {
  const version = dependencies[name];
  if (version !== undefined) return version;
  throw new Error(`${name} is loaded by what is packed, and is no dependency in package.json`);
}

/** Those of its peers that this repository has installed for it. */
function peersOf(root: string, name: string, dependencies: Versions): readonly string[] {
  const file = join(root, 'node_modules', name, 'package.json');
  const { peerDependencies = {} } = JSON.parse(readFileSync(file, 'utf8')) as {
    peerDependencies?: Versions;
  };
  return Object.keys(peerDependencies).filter((peer) => Object.hasOwn(dependencies, peer));
}
