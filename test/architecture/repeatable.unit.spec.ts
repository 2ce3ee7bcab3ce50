import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');

/** Each gives another answer in every run. */
const UNREPEATABLE = [
  'export const now = Date.now();',
  'export const now = new Date();',
  'export const now = performance.now();',
  "import { performance } from 'node:perf_hooks'; export const now = performance.now();",
  'export const chance = Math.random();',
  "import { randomUUID } from 'node:crypto'; export const id = randomUUID();",
  "import { randomBytes } from 'crypto'; export const id = randomBytes(16);",
  'setTimeout(() => undefined, 1);',
  'setInterval(() => undefined, 1);',
  'setImmediate(() => undefined);',
  "import { setTimeout } from 'node:timers/promises'; export const pause = setTimeout;",
  'export const signal = AbortSignal.timeout(1);',
];

const REPEATABLE = [
  "import { createHash } from 'node:crypto'; export const hash = createHash('sha256');",
  "export const start = new Date('2026-01-01T00:00:00Z');",
];

// Without types, which these rules do not need: a tenth of the time.
const LINT = `
import { readFileSync } from 'node:fs';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
const { texts, files } = JSON.parse(readFileSync(0, 'utf8'));
const eslint = new ESLint({ overrideConfig: tseslint.configs.disableTypeChecked });
const broken = async (filePath) => {
  const results = texts.map(async (text) => {
    const [{ messages }] = await eslint.lintText(text, { filePath });
    return messages.some(({ ruleId }) => ruleId?.startsWith('no-restricted'));
  });
  return Promise.all(results);
};
console.log(JSON.stringify(await Promise.all(files.map(broken))));
`;

/** Per file and text: whether the text would be refused if it stood in the file. */
function refused(texts: readonly string[], files: readonly string[]): boolean[][] {
  const output = execFileSync('node', ['--input-type=module', '--eval', LINT], {
    cwd: ROOT,
    input: JSON.stringify({ texts, files }),
    encoding: 'utf8',
  });
  return JSON.parse(output) as boolean[][];
}

const every = (texts: readonly string[], value: boolean) => texts.map(() => value);

describe('what makes a run unrepeatable', () => {
  it('is refused in apps and libraries', () => {
    const files = ['apps/relay/src/main.ts', 'libs/domain/src/status.ts', 'libs/bus/src/index.ts'];
    for (const file of refused(UNREPEATABLE, files))
      expect(file).toEqual(every(UNREPEATABLE, true));
  });

  it('does not include what is the same in every run', () => {
    expect(refused(REPEATABLE, ['apps/relay/src/main.ts'])).toEqual([every(REPEATABLE, false)]);
  });

  it('may stand behind the ports, and in tests', () => {
    const files = ['libs/runtime/src/time/clock.ts', 'libs/bus/src/testing/index.ts'];
    for (const file of refused(UNREPEATABLE, files))
      expect(file).toEqual(every(UNREPEATABLE, false));
  });
});
