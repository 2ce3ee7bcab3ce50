import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { projectRoot } from '../../tools/stack/src';

const SCRIPT = 'tools/run/ensure-installed.mjs';
const NEEDED = [SCRIPT, 'tools/run/progress.mjs'];
const FRESHNESS = 'dist/tools/stack/src/workspace/workspace.js';

/** Notes its arguments, and installs by writing down what npm would. */
const NPM = `#!/bin/sh
echo "$*" >> "$(pwd)/npm.log"
echo "said by npm"
if [ -e "$(pwd)/npm-fails" ]; then echo "npm's reason" >&2; exit 3; fi
if [ "$1" = ci ]; then rm -rf node_modules; mkdir node_modules; echo "$NODE_ENV" > node_modules/.package-lock.json; fi
`;

describe('what the commands install', () => {
  let root: string;

  const write = (file: string, content: string, mode = 0o644) => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), content, { mode });
  };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'uplift 100% #1 '));
    write('bin/npm', NPM, 0o755);
    write('package-lock.json', '{}');
    write('dist/hello.js', "console.log('hello');");
    for (const file of NEEDED) cpSync(join(projectRoot(), file), join(root, file));
    for (const name of ['ensureInstalled', 'ensureCurrent']) {
      const text = `import * as run from './${SCRIPT}'; await run.${name}(); await run.runBuilt('hello.js');`;
      write(`${name}.mjs`, text);
    }
  });

  afterEach(() => rmSync(root, { recursive: true }));

  const run = (name: string, env: Readonly<Record<string, string>> = {}) => {
    rmSync(join(root, 'npm.log'), { force: true });
    const PATH = `${join(root, 'bin')}:${process.env.PATH}`;
    const script = join(root, `${name}.mjs`);
    return spawnSync(process.execPath, [script], { encoding: 'utf8', env: { PATH, ...env } });
  };

  const npmCommands = () => {
    const log = join(root, 'npm.log');
    return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
  };

  /** The npm commands of one call; it also runs a built script, whatever the folder is named. */
  const call = (env: Readonly<Record<string, string>> = {}, name = 'ensureInstalled') => {
    const { stdout, stderr } = run(name, env);
    // What npm says belongs to nobody who reads the output of the command.
    expect({ stdout, stderr }).toEqual({ stdout: 'hello\n', stderr: expect.anything() as string });
    expect(stderr).not.toContain('said by npm');
    return npmCommands();
  };

  const INSTALLED = [
    'ci --include=dev --include=optional --no-audit --no-fund',
    'run build --silent',
  ];
  const ONLY_BUILT = ['run build --silent'];

  it('are all packages, once, whatever NODE_ENV says', () => {
    expect(call({ NODE_ENV: 'production' })).toEqual(INSTALLED);
    expect(call({ NODE_ENV: 'production' })).toEqual(ONLY_BUILT);
    expect(call()).toEqual(ONLY_BUILT);
  });

  it.each([
    ['the lockfile changed', () => write('package-lock.json', '{ "new": 1 }')],
    ['somebody took packages away', () => write('node_modules/.package-lock.json', 'fewer')],
    ['npm alone installed them', () => rmSync(join(root, 'node_modules/.uplift-installed.json'))],
    [
      'they were installed for another Node',
      () => {
        const stamp = 'node_modules/.uplift-installed.json';
        const content = JSON.parse(readFileSync(join(root, stamp), 'utf8')) as object;
        write(stamp, JSON.stringify({ ...content, node: '18' }));
      },
    ],
  ])('are installed again when %s', (_, happens) => {
    call();
    happens();
    expect(call()).toEqual(INSTALLED);
  });

  it('show that the long step goes on, and how long it took', () => {
    const step = 'Installing the packages of the lockfile';
    expect(run('ensureInstalled').stderr).toMatch(
      new RegExp(`^${step}…\n(${step}… \\d+ s\n)*${step}: done in \\d+ s\n$`),
    );
    expect(run('ensureInstalled').stderr).toBe('');
  });

  it('rewrite one line on a terminal, with the time that has passed', () => {
    const text = `
      import { showing } from './tools/run/progress.mjs';
      const written = [];
      await showing('Work', () => new Promise((done) => {
        globalThis.tick = () => written.length === 3 && done();
      }), {
        to: { isTTY: true, write: (words) => { written.push(words); globalThis.tick?.(); } },
        everyMs: { terminal: 1 },
      });
      console.log(JSON.stringify(written));`;
    write('terminal.mjs', text);
    const written = JSON.parse(run('terminal').stdout) as string[];
    const line = (words: string) => expect.stringMatching(`^\r\x1b\\[2K${words}$`) as string;
    expect(written).toEqual([
      ...[line('Work…'), line('Work… \\d+ s'), line('Work… \\d+ s')],
      ...[line('Work: done in \\d+ s'), '\n'],
    ]);
  });

  it('tell what npm said when it fails, and run nothing', () => {
    write('npm-fails', '');
    const { status, stdout, stderr } = run('ensureInstalled');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('Installing the packages of the lockfile: failed after');
    expect(stderr).toMatch(/said by npm\nnpm's reason\n$/);
  });

  describe('for a command that is typed often', () => {
    const current = () => call({}, 'ensureCurrent');
    const sourcesAre = (words: 'newer' | 'older') =>
      write(FRESHNESS, `exports.isBuilt = async () => ${words === 'older'};`);

    it('are all packages, and a build, where nothing is there yet', () => {
      expect(current()).toEqual(INSTALLED);
    });

    it('are nothing while what was built is newer than its sources', () => {
      call();
      sourcesAre('older');
      expect(current()).toEqual([]);
      sourcesAre('newer');
      expect(current()).toEqual(ONLY_BUILT);
    });

    it('are what the lockfile has since then', () => {
      call();
      sourcesAre('older');
      write('package-lock.json', '{ "new": 1 }');
      expect(current()).toEqual(INSTALLED);
    });
  });

  it('are not touched by an account that may not write there', () => {
    chmodSync(root, 0o555);
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'ensureInstalled.mjs')], {
      encoding: 'utf8',
      cwd: '/',
      ...(process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}),
    });
    chmodSync(root, 0o755);
    const sentence = `You cannot write to ${root}: use a clone of your own, or its owner's account.\n`;
    expect({ status, stderr }).toEqual({ status: 1, stderr: sentence });
  });
});
