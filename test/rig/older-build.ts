import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../tools/stack/src';

const run = promisify(execFile);

/** The last commit before the rig itself: what it writes and reads must go together with this build. */
export const OLDER_COMMIT = '4780838';
const PARTS = ['apps', 'libs', 'tools', 'bench', 'contracts', '.swcrc', 'nest-cli.json'];

/** Its folder, built; null in a clone without the commit. */
export async function olderBuild(commit = OLDER_COMMIT): Promise<string | null> {
  const root = projectRoot();
  const folder = join(root, '.uplift', `build-of-${commit}`);
  if (existsSync(folder)) return folder;
  const hasCommit = await run('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: root }).then(
    () => true,
    () => false,
  );
  if (!hasCommit) return null;
  const staging = `${folder}-${process.pid}`;
  await mkdir(staging, { recursive: true });
  await extract(root, commit, staging);
  await symlink(join(root, 'node_modules'), join(staging, 'node_modules'));
  const sources = ['apps', 'libs', 'tools', 'bench'];
  const options = ['--out-dir', 'dist', '--ignore', '**/*.spec.ts', '--quiet'];
  await run(join(root, 'node_modules/.bin/swc'), [...sources, ...options], { cwd: staging });
  await rename(staging, folder).catch(() => rm(staging, { recursive: true }));
  return folder;
}

async function extract(root: string, commit: string, into: string): Promise<void> {
  const archive = spawn('git', ['archive', commit, '--', ...PARTS], { cwd: root });
  const tar = spawn('tar', ['-x', '-C', into]);
  archive.stdout.pipe(tar.stdin);
  const [code] = (await once(tar, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`The build of ${commit} could not be unpacked`);
}
