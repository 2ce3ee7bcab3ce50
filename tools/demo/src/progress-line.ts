import { setTimeout as pause } from 'node:timers/promises';
import type { DemoClient, Stats } from './demo-client';

const STAGES = [
  ['pre', ['pending-pre-upgrade', 'pre-upgrade-running', 'pre-upgrade-completed']],
  ['upgrade', ['pending-upgrade', 'upgrade-running', 'upgrade-completed']],
  ['post', ['pending-post-upgrade', 'post-upgrade-running']],
  ['verify', ['post-upgrade-completed']],
] as const;

const REFRESH_MS = 250;

/** Shows where the fleet is until every upgrade has ended; throws after the limit. */
export async function showProgress(
  client: DemoClient,
  total: number,
  { limitMs, signal }: { readonly limitMs: number; readonly signal: AbortSignal },
): Promise<Stats> {
  const endsAt = performance.now() + limitMs;
  for (;;) {
    const stats = await client.stats();
    const ended = total - inFlight(stats, total);
    show(lineOf(stats, ended, total));
    if (ended === total) {
      process.stdout.write('\n');
      return stats;
    }
    if (performance.now() > endsAt)
      throw new Error(`${total - ended} upgrades have not ended in time`);
    await pause(REFRESH_MS, undefined, { signal });
  }
}

function inFlight({ upgrades: { byOutcome } }: Stats, total: number): number {
  const known = Object.values(byOutcome).reduce((sum, count) => sum + count, 0);
  return (byOutcome['in-flight'] ?? 0) + (total - known);
}

function lineOf(
  { instances: { byStatus }, upgrades }: Stats,
  ended: number,
  total: number,
): string {
  const stages = STAGES.map(([name, statuses]) => {
    const count = statuses.reduce((sum, status) => sum + (byStatus[status] ?? 0), 0);
    return `${name} ${String(count).padStart(String(total).length)}`;
  });
  const failed = upgrades.byOutcome.failed ?? 0;
  return `  ${stages.join(' → ')} → done ${ended}/${total}, failed ${failed}`;
}

/** Rewrites the line on a terminal; elsewhere prints it only when it changed. */
let shown = '';
function show(line: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[2K${line}`);
  else if (line !== shown) process.stdout.write(`${shown === '' ? '' : '\n'}${line}`);
  shown = line;
}
