import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/* Loaded before a service by `--require`: on a signal it collects what is held no more. */

const SIGNAL = 'SIGUSR2';
const MARK = 'SOAK_COLLECTS';

if (process.env[MARK] !== undefined) collectOnSignal();

/** Settings of a process whose memory is to be compared: Node itself may wait for many minutes. */
export const COLLECTING = { NODE_OPTIONS: `--require ${__filename}`, [MARK]: 'on signal' } as const;

export function collect(pid: number): void {
  process.kill(pid, SIGNAL);
}

function collectOnSignal(): void {
  setFlagsFromString('--expose-gc');
  const run = runInNewContext('gc') as () => void;
  process.on(SIGNAL, () => run());
}
