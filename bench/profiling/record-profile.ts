import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { PROFILE_FILE } from './profile-settings';

/** Loaded before the program: profiles the whole process and writes the profile when it exits. */
function recordProfile(file: string): void {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.start');
  process.on('exit', () => {
    session.post('Profiler.stop', (error, result) => {
      if (error === null) writeFileSync(file, JSON.stringify(result.profile));
    });
  });
}

const file = process.env[PROFILE_FILE];
if (file !== undefined) recordProfile(file);
