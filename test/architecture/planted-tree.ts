import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '../..');
const CRUISER = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
export const RULES_FILE = join(ROOT, '.dependency-cruiser.cjs');

/** File contents by path below the root of a tree. */
export type Tree = Readonly<Record<string, string>>;

export interface Alarm {
  readonly rule: string;
  readonly from: string;
}

interface Report {
  readonly summary: {
    readonly violations: readonly {
      readonly from: string;
      readonly rule: { readonly name: string };
    }[];
  };
}

/** Packages as they look when installed, with nothing in them. */
const PACKAGES = {
  dependencies: [
    ...['nats', '@eventstore/db-client', 'ajv', 'undici', 'kysely', 'pg'],
    '@opentelemetry/api',
  ],
  devDependencies: ['fast-check'],
  undeclared: ['lodash'],
} as const;

/** What the rules of the repository say about a tree. */
export async function alarmsIn(tree: Tree): Promise<readonly Alarm[]> {
  const root = mkdtempSync(join(tmpdir(), 'uplift-architecture-'));
  try {
    plant(root, { ...surroundings(), ...tree });
    const { summary } = JSON.parse(await cruised(root)) as Report;
    return summary.violations.map(({ from, rule }) => ({ rule: rule.name, from }));
  } finally {
    rmSync(root, { recursive: true });
  }
}

async function cruised(root: string): Promise<string> {
  const folders = ['apps', 'libs', 'tools', 'test', 'bench'];
  const options = ['--config', RULES_FILE, '--output-type', 'json'];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [CRUISER, ...folders, ...options],
    { cwd: root, maxBuffer: 16 * 1024 * 1024 },
  );
  return stdout;
}

function plant(root: string, tree: Tree): void {
  for (const [path, content] of Object.entries(tree)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

function surroundings(): Tree {
  const paths = {
    '@uplift/domain/testing': ['libs/domain/src/testing/index.ts'],
    '@uplift/*': ['libs/*/src/index.ts'],
  };
  const compilerOptions = { module: 'node16', moduleResolution: 'node16', baseUrl: '.', paths };
  const installed = Object.values(PACKAGES).flat();
  return {
    'package.json': JSON.stringify({
      dependencies: declared(PACKAGES.dependencies),
      devDependencies: declared(PACKAGES.devDependencies),
    }),
    'tsconfig.json': JSON.stringify({ compilerOptions }),
    'node_modules/@eventstore/db-client/generated/streams_pb.js': '',
    ...Object.fromEntries(
      installed.flatMap((name) => [
        [`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0' })],
        [`node_modules/${name}/index.js`, ''],
      ]),
    ),
  };
}

function declared(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, '1.0.0']));
}
