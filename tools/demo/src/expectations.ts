import type { LedgerPage } from '../../lagoon-simulator/src';
import type { AuditVerdict } from './audit-process';
import type { Stats } from './demo-client';
import type { DemoOptions } from './demo.options';

export interface DemoOutcome {
  readonly options: DemoOptions;
  readonly stats: Stats;
  readonly ledger: LedgerPage;
  readonly audit: AuditVerdict;
}

/** What did not hold, one line each; empty if the demo showed what it promises. */
export function brokenPromises({ options, stats, ledger, audit }: DemoOutcome): string[] {
  const { instances, fail } = options;
  const { succeeded = 0, failed = 0 } = stats.upgrades.byOutcome;
  const builds = Object.entries(ledger.buildsByBulkName);
  const repeated = builds.filter(([, names]) => names.length !== 1);
  const promises: readonly (readonly [boolean, string])[] = [
    [succeeded === instances - fail, `${succeeded} of ${instances - fail} upgrades succeeded`],
    [failed === fail, `${failed} upgrades failed, ${fail} should have`],
    [builds.length === instances, `${builds.length} of ${instances} upgrades were deployed`],
    [repeated.length === 0, `${repeated.length} upgrades were deployed more than once`],
    [audit.isSound, 'the history does not verify'],
  ];
  return promises.filter(([holds]) => !holds).map(([, words]) => words);
}
