import { readFileSync } from 'node:fs';

/** Whether a process runs. One that ended and that nobody collects (a container without an init) does not. */
export function isRunning(pid: number): boolean {
  return answersSignals(pid) && !isZombie(pid);
}

function answersSignals(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function isZombie(pid: number): boolean {
  try {
    return /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return process.platform === 'linux';
  }
}
