import type { AuditVerdict, Stats, TimelineEntryDocument } from '@uplift/contracts';
import Table from 'cli-table3';
import pc from 'picocolors';
import type { LedgerPage } from '../../lagoon-simulator/src';

const STAGES = [
  ['pre', ['pending-pre-upgrade', 'pre-upgrade-running', 'pre-upgrade-completed']],
  ['upgrade', ['pending-upgrade', 'upgrade-running', 'upgrade-completed']],
  ['post', ['pending-post-upgrade', 'post-upgrade-running']],
  ['verify', ['post-upgrade-completed']],
] as const;

export function heading(text: string): void {
  console.log(`\n${pc.bold(text)}`);
}

interface Progress {
  readonly ended: number;
  readonly total: number;
  readonly failed: number;
}

let shown = '';

/** One line: rewritten on a terminal, elsewhere printed only when it changed. */
export function showProgress(stats: Stats, progress: Progress): void {
  const line = progressLine(stats, progress);
  const { ended, total } = progress;
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[2K${line}`);
  else if (line !== shown) process.stdout.write(`${shown === '' ? '' : '\n'}${line}`);
  if (ended === total) process.stdout.write('\n');
  shown = line;
}

function progressLine({ instances }: Stats, { ended, total, failed }: Progress): string {
  const stages = STAGES.map(([name, statuses]) => {
    const count = statuses.reduce((sum, status) => sum + (instances.byStatus[status] ?? 0), 0);
    return `${name} ${String(count).padStart(String(total).length)}`;
  });
  return `  ${stages.join(' → ')} → done ${ended}/${total}, failed ${failed}`;
}

export function printStats({ instances, stages }: Stats): void {
  heading('Instances by final status');
  for (const [status, count] of Object.entries(instances.byStatus)) {
    console.log(`  ${String(count).padStart(5)}  ${status}`);
  }
  heading('Durations by stage, milliseconds');
  const table = new Table({
    head: ['stage', 'upgrades', 'queued p50', 'queued p95', 'active p50', 'active p95'],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
  });
  for (const { stage, count, queuedMs, activeMs } of stages) {
    const values = [queuedMs.p50, queuedMs.p95, activeMs.p50, activeMs.p95];
    table.push([stage, count, ...values.map((value) => value ?? '-')]);
  }
  console.log(table.toString());
}

export function printTimeline(title: string, entries: readonly TimelineEntryDocument[]): void {
  heading(title);
  for (const { at, revision, eventType, status, note } of entries) {
    const name = eventType.padEnd(26);
    const words = [at.slice(11, 23), String(revision).padStart(2), name, status.padEnd(25)];
    console.log(`  ${words.join('  ')}  ${pc.dim(note ?? '')}`.trimEnd());
  }
}

export function printLedger(ledger: LedgerPage, upgrades: number): void {
  heading('Lagoon requests per upgrade');
  for (const [operation, count] of Object.entries({ ...ledger.requests, 'in all': ledger.total })) {
    console.log(`  ${(count / upgrades).toFixed(2).padStart(6)}  ${operation}`);
  }
}

export function printAudit({ streams, events, faults, differences }: AuditVerdict): void {
  heading('Audit');
  console.log(`  ${events} events in ${streams} streams replayed from the store`);
  console.log(`  hash chains:                       ${verdict(faults, 'intact')}`);
  console.log(`  read model compared with replay:   ${verdict(differences, 'equal')}`);
  [...faults, ...differences].slice(0, 10).forEach((line) => console.log(pc.red(`  ${line}`)));
}

export function printPages(files: readonly string[]): void {
  heading('Pages with pictures, for a browser');
  files.forEach((file) => console.log(`  ${file}`));
}

function verdict({ length }: readonly string[], good: string): string {
  return length === 0 ? pc.green(good) : pc.red(`${length} problems`);
}
