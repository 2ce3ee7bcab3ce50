import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { supervisor } from './supervisor';

export interface TempFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** A new folder that is gone after `remove` or after this process, whichever comes first. */
export async function createTempFolder(name = 'uplift'): Promise<TempFolder> {
  const path = await mkdtemp(join(tmpdir(), `${name}-`));
  // The account that runs PostgreSQL has to walk through.
  await chmod(path, 0o711);
  supervisor.watchFolder(path);
  return {
    path,
    async remove() {
      await rm(path, { recursive: true, force: true, maxRetries: 5 });
      supervisor.release(path);
    },
  };
}
