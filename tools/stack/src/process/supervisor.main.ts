import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { SupervisorOrder } from './supervisor';
import { isRunning } from './process-info';

const GRACE_MS = 5_000;
const LOOK_MS = 50;

const watched = new Map<number, NodeJS.Signals>();
const folders = new Set<string>();

// The guarded process may share our terminal: its end must not be ours, we have work to do then.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => obey(JSON.parse(line) as SupervisorOrder));
lines.on('close', cleanUp);

function obey(order: SupervisorOrder): void {
  switch (order.do) {
    case 'watch':
      return void watched.set(order.pid, order.signal);
    case 'release':
      return void watched.delete(order.pid);
    case 'remove-at-end':
      return void folders.add(order.folder);
    case 'keep':
      return void folders.delete(order.folder);
  }
}

function cleanUp(): void {
  for (const [pid, signal] of watched) send(pid, signal);
  const deadline = Date.now() + GRACE_MS;
  const timer = setInterval(() => {
    const left = [...watched.keys()].filter(isRunning);
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
