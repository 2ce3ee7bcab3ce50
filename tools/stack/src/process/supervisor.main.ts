import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { SupervisorOrder } from './supervisor';
import { isRunning } from './process-info';

const GRACE_MS = 5_000;
const LOOK_MS = 50;

/** The signal that asks each process to stop. */
const processes = new Map<number, NodeJS.Signals>();
const folders = new Set<string>();

// The process that started us may share our terminal: its end must not be ours, we have work to do then.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => obey(JSON.parse(line) as SupervisorOrder));
lines.on('close', cleanUp);

function obey(order: SupervisorOrder): void {
  if (order.do === 'watch-process') processes.set(order.pid, order.signal);
  else if (order.do === 'watch-folder') folders.add(order.path);
  else if (typeof order.target === 'number') processes.delete(order.target);
  else folders.delete(order.target);
}

function cleanUp(): void {
  for (const [pid, signal] of processes) send(pid, signal);
  const deadline = Date.now() + GRACE_MS;
  const timer = setInterval(() => {
    const left = [...processes.keys()].filter(isRunning);
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
