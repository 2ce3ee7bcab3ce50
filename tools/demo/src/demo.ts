import { BusClient, connectBus } from '@uplift/bus';
import type { AuditVerdict, Stats } from '@uplift/contracts';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { LedgerPage } from '../../lagoon-simulator/src';
import type { Stack } from '../../stack/src';
import { SimulatorClient, UpliftClient, auditVerdict } from './clients';
import type { DemoInstance } from './fleet';
import { makeFleet } from './fleet';
import * as report from './report';

const LIMIT_MS = 300_000;
const REFRESH_MS = 250;

export interface DemoOptions {
  readonly instances: number;
  /** How many of them have a build that fails. */
  readonly fail: number;
  /** Leave everything running at the end, until Ctrl-C. */
  readonly keep: boolean;
}

/** Throws with one clear sentence on anything that is not `--instances N --fail N --keep`. */
export function demoOptions(args: string[]): DemoOptions {
  const { values } = parseArgs({
    args,
    options: {
      instances: { type: 'string', default: '25' },
      fail: { type: 'string', default: '2' },
      keep: { type: 'boolean', default: false },
    },
  });
  const instances = wholeNumber('--instances', values.instances, 1, 5_000);
  const fail = wholeNumber('--fail', values.fail, 0, instances);
  return { instances, fail, keep: values.keep };
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${name} wants a whole number from ${least} to ${most}, not "${text}"`);
}

/** Registers and upgrades a fleet on a running stack, and reports; returns what was not as expected. */
export async function runDemo(
  stack: Stack,
  { instances, fail }: DemoOptions,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const bus = await connectBus({ servers: stack.url('nats'), name: 'uplift-demo' });
  try {
    const uplift = new UpliftClient(stack.apiUrl, new BusClient(bus));
    const lagoon = new SimulatorClient(stack.url('lagoon'));
    const fleet = makeFleet(instances, fail);
    await lagoon.place(fleet);
    await uplift.register(fleet);
    report.heading(`${fleet.length} instances registered; upgrades triggered over NATS and HTTP`);
    await triggerUpgrades(uplift, fleet);
    await waitForUpgrades(uplift, fleet.length, signal);
    const [stats, ledger, audit] = await Promise.all([
      uplift.stats(),
      lagoon.ledger(),
      auditVerdict({ ...stack.env, UPLIFT_API_URL: stack.apiUrl }),
    ]);
    report.printStats(stats);
    await printTimelines(uplift, fleet);
    report.printLedger(ledger, fleet.length);
    report.printAudit(audit);
    return unexpected({ instances, fail, stats, ledger, audit });
  } finally {
    await bus.close();
  }
}

async function triggerUpgrades(uplift: UpliftClient, fleet: readonly DemoInstance[]) {
  await Promise.all(
    fleet.map((instance, n) =>
      n % 2 === 0 ? uplift.triggerOverBus(instance) : uplift.triggerOverHttp(instance),
    ),
  );
}

/** Shows where the fleet is until every upgrade has ended; throws after the limit. */
async function waitForUpgrades(uplift: UpliftClient, total: number, signal: AbortSignal) {
  const endsAt = performance.now() + LIMIT_MS;
  for (;;) {
    const stats = await uplift.stats();
    const ended = stats.upgrades.total - (stats.upgrades.byOutcome['in-flight'] ?? 0);
    report.showProgress(stats, ended, total);
    if (ended === total) return;
    if (performance.now() > endsAt)
      throw new Error(`${total - ended} upgrades did not end in time`);
    await pause(REFRESH_MS, undefined, { signal });
  }
}

async function printTimelines(uplift: UpliftClient, fleet: readonly DemoInstance[]) {
  const healthy = fleet.find(({ failBuild }) => !failBuild);
  if (healthy !== undefined) {
    report.printTimeline(`Timeline of ${healthy.project}`, await uplift.timeline(healthy));
  }
  const failed = fleet.find(({ failBuild }) => failBuild);
  if (failed === undefined) return;
  const reason = await uplift.failureOf(failed);
  const timeline = await uplift.timeline(failed);
  report.printTimeline(`${failed.project} failed: ${reason ?? 'no reason'}`, timeline.slice(-3));
}

export interface DemoOutcome {
  readonly instances: number;
  readonly fail: number;
  readonly stats: Stats;
  readonly ledger: LedgerPage;
  readonly audit: AuditVerdict;
}

/** What was not as expected, one line each. */
export function unexpected({ instances, fail, stats, ledger, audit }: DemoOutcome): string[] {
  const { succeeded = 0, failed = 0 } = stats.upgrades.byOutcome;
  const builds = Object.values(ledger.buildsByBulkName);
  const repeated = builds.filter((names) => names.length !== 1);
  const checks: readonly (readonly [boolean, string])[] = [
    [succeeded === instances - fail, `${succeeded} of ${instances - fail} upgrades succeeded`],
    [failed === fail, `${failed} upgrades failed, ${fail} should have`],
    [builds.length === instances, `${builds.length} of ${instances} upgrades were deployed`],
    [repeated.length === 0, `${repeated.length} upgrades were deployed more than once`],
    [audit.isSound, 'the history does not verify'],
  ];
  return checks.filter(([isMet]) => !isMet).map(([, words]) => words);
}
