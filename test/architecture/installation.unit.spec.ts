import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
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

/** Notes its arguments, and installs by writing down what npm would. */
const NPM = `#!/bin/sh
echo "$*" >> "$(pwd)/npm.log"
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
    cpSync(join(projectRoot(), SCRIPT), join(root, SCRIPT));
    write(
      'run.mjs',
      `import * as run from './${SCRIPT}'; run.ensureInstalled(); await run.runBuilt('hello.js');`,
    );
  });

  afterEach(() => rmSync(root, { recursive: true }));

  /** The npm commands of one call; it also runs a built script, whatever the folder is named. */
  const call = (env: Readonly<Record<string, string>> = {}) => {
    rmSync(join(root, 'npm.log'), { force: true });
    const PATH = `${join(root, 'bin')}:${process.env.PATH}`;
    const { stdout, stderr } = spawnSync(process.execPath, [join(root, 'run.mjs')], {
      encoding: 'utf8',
      env: { PATH, ...env },
    });
    expect({ stdout, stderr }).toEqual({ stdout: 'hello\n', stderr: '' });
    return readFileSync(join(root, 'npm.log'), 'utf8').trim().split('\n');
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

  it('are not touched by an account that may not write there', () => {
    chmodSync(root, 0o555);
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'run.mjs')], {
      encoding: 'utf8',
      cwd: '/',
      ...(process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}),
    });
    chmodSync(root, 0o755);
    const sentence = `You cannot write to ${root}: use a clone of your own, or its owner's account.\n`;
    expect({ status, stderr }).toEqual({ status: 1, stderr: sentence });
  });
});
