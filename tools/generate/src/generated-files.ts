import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { EventCategory } from '@uplift/contracts';
import { EVENT_CATEGORIES, eventNameOf, eventSchema, eventVersion } from '@uplift/contracts';
import { renderSettingsPage } from '@uplift/runtime';
import { referencePage } from '../../../apps/cli/src/reference-page';
import { projectRoot } from '../../stack/src';
import { answerTypes } from './answer-types';
import { asyncapiEvents } from './asyncapi-events';
import { busPermissionsPage } from './bus-permissions-page';
import { commandTable } from './command-table';
import { commandsPage } from './commands-page';
import { lifecyclePage } from './lifecycle-page';
import { mutantsPage } from './mutants-page';
import { reasonsPage } from './reasons-page';
import { storePermissionsPage } from './store-permissions-page';

const SCHEMA_FOLDER = 'contracts/schemas';

interface GeneratedFile {
  /** Below the root of the repository. */
  readonly path: string;
  readonly content: string;
}

/** Every file of the repository that is derived from its sources. */
export function generatedFiles(): readonly GeneratedFile[] {
  return [
    { path: 'docs/lifecycle.md', content: lifecyclePage() },
    { path: 'docs/commands.md', content: commandsPage() },
    { path: 'docs/reasons.md', content: reasonsPage() },
    { path: 'docs/bus-permissions.md', content: busPermissionsPage() },
    { path: 'docs/mutants.md', content: mutantsPage() },
    { path: 'docs/store-permissions.md', content: storePermissionsPage() },
    { path: 'docs/configuration.md', content: renderSettingsPage() },
    { path: 'docs/cli.md', content: referencePage() },
    { path: 'contracts/asyncapi-events.json', content: asyncapiEvents() },
    { path: 'libs/contracts/src/answer-types.ts', content: answerTypes() },
    { path: 'libs/contracts/src/command-table.ts', content: commandTable(projectRoot()) },
    ...schemaFiles(),
  ];
}

/** One file per event type: the JSON Schema of its data, complete in itself. */
function schemaFiles(): readonly GeneratedFile[] {
  const categories = Object.keys(EVENT_CATEGORIES) as readonly EventCategory[];
  return categories.flatMap(schemaFilesOf);
}

function schemaFilesOf(category: EventCategory): readonly GeneratedFile[] {
  return Object.keys(EVENT_CATEGORIES[category].schemas).map((type) => {
    const name = `${category}.${eventNameOf(type)}.v${eventVersion(category, type)}.json`;
    const content = `${JSON.stringify(eventSchema(category, type), null, 2)}\n`;
    return { path: `${SCHEMA_FOLDER}/${name}`, content };
  });
}

/** Paths of files that differ from what the sources say, that are missing, or that nothing generates any more. */
export function staleFiles(root: string, files: readonly GeneratedFile[]): readonly string[] {
  const changed = files.filter(({ path, content }) => contentOf(join(root, path)) !== content);
  return [...changed.map(({ path }) => path), ...leftOver(root, files)];
}

function contentOf(path: string): string | null {
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

/** Schemas of earlier versions stay: others read events of each. */
function leftOver(root: string, files: readonly GeneratedFile[]): readonly string[] {
  const folder = join(root, SCHEMA_FOLDER);
  const known = new Set(files.flatMap(({ path }) => withEarlierVersions(path)));
  return (existsSync(folder) ? readdirSync(folder) : [])
    .map((file) => `${SCHEMA_FOLDER}/${file}`)
    .filter((path) => path.endsWith('.json') && !known.has(path));
}

function withEarlierVersions(path: string): readonly string[] {
  const [, name = path, version = '1', ending = ''] = /^(.*\.v)(\d+)(\.json)$/.exec(path) ?? [];
  if (ending === '') return [path];
  return Array.from({ length: Number(version) }, (_, n) => `${name}${n + 1}${ending}`);
}

/** Brings the files below `root` up to date; gives back the paths that changed. */
export function writeFiles(root: string, files: readonly GeneratedFile[]): readonly string[] {
  const stale = staleFiles(root, files);
  for (const path of stale) rmSync(join(root, path), { force: true });
  for (const { path, content } of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return stale;
}
