import { execFileSync } from 'node:child_process';
import { isRunning } from '../../tools/stack/src/process/process-info';
import { eventually } from './eventually';

/** Every process that this one started, and that those started, as of now. */
export function descendantsOf(pid: number): number[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const childrenOf = (parent: number): number[] =>
    table.flatMap(([child = 0, ppid]) => (ppid === parent ? [child, ...childrenOf(child)] : []));
  return childrenOf(pid);
}

export async function expectNoneRunning(pids: readonly number[]): Promise<void> {
  await eventually(() => expect(pids.filter(isRunning)).toEqual([]));
}
