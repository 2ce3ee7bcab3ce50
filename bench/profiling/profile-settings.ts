import { join } from 'node:path';

/** Environment variable that names the file to write. */
export const PROFILE_FILE = 'BENCH_PROFILE_FILE';

/** Node refuses --cpu-prof in NODE_OPTIONS, so a small script does the same. */
export function profileSettings(name: string, folder: string): Readonly<Record<string, string>> {
  return {
    NODE_OPTIONS: `--require ${join(__dirname, 'record-profile.js')}`,
    [PROFILE_FILE]: join(folder, `${name}.cpuprofile`),
  };
}
