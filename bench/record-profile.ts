import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { dirname, join } from 'node:path';

/* Loaded before the program by `--require`: profiles the whole process and writes the profile when it exits. */

/** Environment variable that names the file to write. */
const PROFILE_FILE = 'BENCH_PROFILE_FILE';

const file = process.env[PROFILE_FILE];
if (file !== undefined) recordProfile(file);

/** Settings of a process that is to be profiled. Node refuses --cpu-prof in NODE_OPTIONS. */
export function profileSettings(name: string, folder: string): Readonly<Record<string, string>> {
  return {
    NODE_OPTIONS: `--require ${__filename}`,
    [PROFILE_FILE]: join(folder, `${name}.cpuprofile`),
  };
}

function recordProfile(path: string): void {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.start');
  process.on('exit', () => {
    session.post('Profiler.stop', (error, result) => {
      if (error !== null) return;
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, JSON.stringify(result.profile));
    });
  });
}
