import { writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { ArmedFailpoint, FailpointAction } from './failpoint-plan';

/** Thrown by a point that is armed with `throw`. */
export class FailpointError extends Error {
  readonly code = 'failpoint';
}

const STDOUT = 1;
const NOTHING = Promise.resolve();

let armed: readonly ArmedFailpoint[] = [];
const hits = new Map<string, number>();

/** From here on this process fails where it is told to. For tests. */
export function armFailpoints(plan: readonly ArmedFailpoint[]): void {
  armed = plan;
  hits.clear();
}

/** A named point at which a test may kill, stop, delay or fail this process; otherwise it costs nothing. */
export function failpoint(name: string): Promise<void> {
  return armed.length === 0 ? NOTHING : pass(name);
}

async function pass(name: string): Promise<void> {
  const hit = (hits.get(name) ?? 0) + 1;
  hits.set(name, hit);
  const due = armed.find((point) => point.name === name && (point.atHit ?? hit) === hit);
  if (due === undefined) return;
  // Written at once: the process may not live to write it later.
  writeSync(STDOUT, `${JSON.stringify({ failpoint: name, action: due.action.kind, hit })}\n`);
  await act(name, due.action);
}

async function act(name: string, action: FailpointAction): Promise<void> {
  switch (action.kind) {
    case 'kill':
      process.kill(process.pid, 'SIGKILL');
      return wait(60_000);
    case 'stop':
      process.kill(process.pid, 'SIGSTOP');
      return undefined;
    case 'delay':
      return wait(action.ms);
    case 'throw':
      throw new FailpointError(`failpoint ${name}`);
  }
}
