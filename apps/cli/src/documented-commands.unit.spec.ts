import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { commandLine } from './program';

const ROOT = join(__dirname, '../../..');
const FOLDERS = ['docs', 'apps', 'libs', 'deploy'];
const FRONT = ['README.md', 'CONTRIBUTING.md'];
/** What stands in code: a span in a line, or a block. */
const CODE = /```[^]*?```|`[^`\n]+`/g;
const CALL = /(?:\$ |; do |^|`|\(|npx )(?:npm run --silent uplift --|uplift) ([a-z][^`\n|;#)]*)/gm;

interface Call {
  readonly page: string;
  readonly words: readonly string[];
}

function pagesIn(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}

function callsIn(page: string): readonly Call[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(CODE)]
    .flatMap(([code]) => [...code.matchAll(CALL)])
    .map(([, words = '']) => ({ page, words: words.trim().split(/\s+/) }));
}

/** What of a call no command knows. */
function unknownIn(root: Command, { words }: Call): readonly string[] {
  let command = root;
  for (const word of words) {
    const next = command.commands.find((each) => each.name() === word);
    if (next === undefined) break;
    command = next;
  }
  if (command === root) return words.slice(0, 1);
  const known = [...command.options, ...root.options].map(({ long }) => long);
  const verbs = command.commands.length > 0 ? words.slice(1, 2) : [];
  const options = words.filter((word) => /^--[a-z]/.test(word)).map((word) => word.split('=')[0]);
  return [...verbs, ...options.filter((option) => !known.includes(option ?? ''))].map(String);
}

describe('what documents say of the command line', () => {
  const { root } = commandLine();
  const calls = [...FRONT, ...FOLDERS.flatMap(pagesIn)].flatMap(callsIn);

  it('names commands and options that there are', () => {
    expect(calls.length).toBeGreaterThan(100);
    const wrong = calls.map((call) => ({ ...call, unknown: unknownIn(root, call) }));
    expect(wrong.filter(({ unknown }) => unknown.length > 0)).toEqual([]);
  });

  it.each([
    ['instance dance', ['dance']],
    ['instances list', ['instances']],
    ['instance list --stat x', ['--stat']],
    ['instance list --label a=b --output json', []],
  ])('would be told that of %s %j is unknown', (text, unknown) => {
    expect(unknownIn(root, { page: '', words: text.split(' ') })).toEqual(unknown);
  });
});
