import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/* Loaded before a service by `--require`: on a signal it collects what is held no more, and writes down what is left. */

const SIGNAL = 'SIGUSR2';
const FOLDER = 'SOAK_HELD';

const { [FOLDER]: folder } = process.env;
if (folder !== undefined) collectOnSignal(fileIn(folder, process.pid));

/** Settings of a process whose memory is to be compared: Node itself may wait for many minutes. */
export function collecting(intoFolder: string): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--require ${__filename}`, [FOLDER]: intoFolder };
}

export function collect(pid: number): void {
  process.kill(pid, SIGNAL);
}

/** What was left after the last collection, in the heap of JavaScript and in buffers; undefined before the first. */
export function heldBytes(inFolder: string, pid: number): number | undefined {
  try {
    return Number(readFileSync(fileIn(inFolder, pid), 'utf8'));
  } catch {
    return undefined;
  }
}

function fileIn(inFolder: string, pid: number): string {
  return join(inFolder, String(pid));
}

function collectOnSignal(file: string): void {
  setFlagsFromString('--expose-gc');
  const run = runInNewContext('gc') as () => void;
  process.on(SIGNAL, () => {
    run();
    const { heapUsed, external } = process.memoryUsage();
    writeFileSync(file, String(heapUsed + external));
  });
}
