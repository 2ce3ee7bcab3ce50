import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { SupervisorOrder } from './supervisor';
import { isRunning } from './process-info';

const GRACE_MS = 5_000;
const LOOK_MS = 50;

const watched = new Map<number | string, NodeJS.Signals | undefined>();

// The process that started us may share our terminal: its end must not be ours, we have work to do then.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => obey(JSON.parse(line) as SupervisorOrder));
lines.on('close', cleanUp);

function obey(order: SupervisorOrder): void {
  if (order.do === 'watch') watched.set(order.target, order.signal);
  else watched.delete(order.target);
}

function cleanUp(): void {
  const pids = [...watched.keys()].filter((target) => typeof target === 'number');
  const folders = [...watched.keys()].filter((target) => typeof target === 'string');
  for (const pid of pids) send(pid, watched.get(pid) ?? 'SIGTERM');
  const deadline = Date.now() + GRACE_MS;
  const timer = setInterval(() => {
    const left = pids.filter(isRunning);
    if (left.length > 0 && Date.now() < deadline) return;
    clearInterval(timer);
    for (const pid of left) send(pid, 'SIGKILL');
    for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    process.exit(0);
  }, LOOK_MS);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself.
  }
}
