import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../tools/stack/src';

const root = projectRoot();
const SOURCES = ['apps', 'libs', 'tools', 'test', 'bench', 'deploy', 'docs', 'contracts'];
const NAMED = new RegExp(`(?:dist/)?((?:${SOURCES.join('|')})/[\\w./-]+)\\.(js|mjs)\\b`, 'g');

const textOf = (file: string) => readFileSync(join(root, file), 'utf8');

/** The sources of what a text says is run. */
function sourcesIn(text: string): string[] {
  return [...text.matchAll(NAMED)].map(
    ([, path = '', ending]) => `${path}.${ending === 'js' ? 'ts' : 'mjs'}`,
  );
}

function listed(...options: string[]): string[] {
  // Whoever owns the clone.
  const args = [
    '-c',
    'safe.directory=*',
    'ls-files',
    '-z',
    '--exclude-standard',
    ...options,
    '--',
    ...SOURCES,
  ];
  const list = execFileSync('git', args, { cwd: root, encoding: 'utf8' });
  return list.split('\0').filter((file) => file !== '');
}

/** A copy without history has what somebody else has committed. */
const hasHistory = existsSync(join(root, '.git'));
const kept = hasHistory ? new Set(listed('--cached', '--others')) : undefined;
const isKept = (file: string) => existsSync(join(root, file)) && (kept?.has(file) ?? true);

describe('a fresh clone', () => {
  const { scripts, bin } = JSON.parse(textOf('package.json')) as {
    readonly scripts: Readonly<Record<string, string>>;
    readonly bin: Readonly<Record<string, string>>;
  };
  const runners = readdirSync(join(root, 'tools/run')).map((name) => `tools/run/${name}`);
  const texts = [
    ...Object.entries(scripts).map(([name, text]) => [`npm run ${name}`, text] as const),
    ...Object.entries(bin).map(([name, text]) => [name, text] as const),
    ...runners.map((file) => [file, textOf(file)] as const),
  ];
  const running = texts.filter(([, text]) => sourcesIn(text).length > 0);

  it.each(running)('has all that %s runs', (_name, text) => {
    expect(sourcesIn(text).filter((file) => !isKept(file))).toEqual([]);
  });

  it('has the tool behind each script that runs what was built', () => {
    const built = running.flatMap(([, text]) => sourcesIn(text));
    expect(built).toContain('tools/nats-accounts/src/main.ts');
    expect(built).toContain('tools/run/nats-accounts.mjs');
  });

  it('has every source: none is left out by .gitignore', () => {
    const ignored = hasHistory ? listed('--others', '--ignored') : [];
    expect(ignored.filter((file) => !file.startsWith('bench/results/'))).toEqual([]);
  });
});
