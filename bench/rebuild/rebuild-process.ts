import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { projectRoot } from '../../tools/stack/src';
import type { ProcessUsage } from '../../tools/stack/src/process/process-info';
import { processUsage } from '../../tools/stack/src/process/process-info';

export interface RebuildRun {
  readonly events: number;
  /** First event read to read model in place, without the start of the process. */
  readonly elapsedMs: number;
  /** As last seen before the process ended; undefined where the system does not tell. */
  readonly usage: ProcessUsage | undefined;
}

interface RebuildLine {
  readonly type: 'progress' | 'done' | 'failed';
  readonly events?: number;
  readonly elapsedMs?: number;
  readonly reason?: string;
}

/** Rebuilds the read model as `uplift rebuild` does: in a process of its own. */
export async function rebuildInProcess(env: Readonly<Record<string, string>>): Promise<RebuildRun> {
  const script = resolve(projectRoot(), 'dist/apps/projector/src/main.js');
  const child = spawn(process.execPath, [script, '--rebuild'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let run: RebuildRun | undefined;
  for await (const text of createInterface(child.stdout)) {
    const usage = processUsage(child.pid ?? 0) ?? run?.usage;
    run = { ...figuresOf(JSON.parse(text) as RebuildLine), usage };
  }
  await exited;
  if (!run) throw new Error('The rebuild ended without a word');
  return run;
}

function figuresOf({ type, events = 0, elapsedMs = 0, reason = '' }: RebuildLine) {
  if (type === 'failed') throw new Error(`The rebuild failed: ${reason}`);
  return { events, elapsedMs };
}
