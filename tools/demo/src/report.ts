import Table from 'cli-table3';
import pc from 'picocolors';
import type { LedgerPage } from '../../lagoon-simulator/src';
import type { AuditVerdict } from './audit-process';
import type { Stats, TimelineItem } from './demo-client';

export function heading(text: string): void {
  console.log(`\n${pc.bold(text)}`);
}

export function printStatuses({ instances: { byStatus } }: Stats): void {
  heading('Instances by final status');
  for (const [status, count] of Object.entries(byStatus)) {
    console.log(`  ${String(count).padStart(5)}  ${status}`);
  }
}

export function printDurations({ stages }: Stats): void {
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

export function printTimeline(title: string, items: readonly TimelineItem[]): void {
  heading(title);
  for (const { at, revision, eventType, status, note } of items) {
    const words = [at.slice(11, 23), String(revision).padStart(2), eventType.padEnd(26), status];
    console.log(`  ${words.join('  ')}${note === null ? '' : pc.dim(`  ${note}`)}`);
  }
}

export function printLedger(ledger: LedgerPage, upgrades: number): void {
  heading('Lagoon requests per upgrade');
  for (const [operation, count] of Object.entries(ledger.requests)) {
    console.log(`  ${(count / upgrades).toFixed(2).padStart(6)}  ${operation}`);
  }
  console.log(`  ${(ledger.total / upgrades).toFixed(2).padStart(6)}  in all`);
}

export function printAudit({ streams, events, faults, differences }: AuditVerdict): void {
  heading('Audit');
  console.log(`  ${events} events in ${streams} streams replayed from the store`);
  console.log(`  hash chains:           ${verdictWord(faults)}`);
  console.log(`  read model = replay:   ${verdictWord(differences)}`);
  [...faults, ...differences].slice(0, 10).forEach((line) => console.log(pc.red(`  ${line}`)));
}

function verdictWord(problems: readonly string[]): string {
  return problems.length === 0 ? pc.green('holds') : pc.red(`broken in ${problems.length} places`);
}
