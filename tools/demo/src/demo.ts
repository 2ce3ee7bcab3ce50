import { BUS_ACCESS_SETTINGS, busAccess, BusClient, connectBus } from '@uplift/bus';
import type { AuditVerdict } from '@uplift/contracts';
import { readConfiguration } from '@uplift/runtime';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { BUS_ARGUMENTS, givenBus, type GivenBus } from '../../given-bus/src';
import { storeArgument } from '../../given-store/src';
import type { LedgerPage } from '../../lagoon-simulator/src';
import type { Stack } from '../../stack/src';
import { readArguments, UsageError } from '../../stack/src';
import { SimulatorClient, UpliftClient, auditVerdict, writePages } from './clients';
import type { DemoInstance } from './fleet';
import { makeFleet } from './fleet';
import * as report from './report';

const LIMIT_MS = 300_000;
const REFRESH_MS = 250;

export const USAGE = `npm run demo -- [options]

Starts an event store, NATS, PostgreSQL, a simulated Lagoon and every service of Uplift, upgrades a fleet, and shows what became of it.

  --instances <n>    apps in the fleet (25)
  --fail <n>         how many of them have a build that fails (2)
  --keep             leave everything running at the end, until Ctrl-C
  --store <address>  an event store that you have, in place of the embedded one; env:NAME reads it from a variable
  --use-existing     also a store that an installation of Uplift lives in
  --nats <urls>      NATS servers that you have; with them --creds, --nkey, --token-file, --ca, --cert, --key, --copies
  --help             print this

docs/own-servers.md says what happens on servers that you have.`;

export interface DemoOptions {
  readonly instances: number;
  /** How many of them have a build that fails. */
  readonly fail: number;
  /** Leave everything running at the end, until Ctrl-C. */
  readonly keep: boolean;
  /** Connection string of somebody else's event store; null: the embedded one. */
  readonly store: string | null;
  /** Somebody else's NATS; null: one is started. */
  readonly bus: GivenBus | null;
  /** Whether a store is taken that an installation of Uplift lives in. */
  readonly useExisting: boolean;
}

/** Throws with one clear sentence on anything that it does not know: UsageError, or what is wrong with a given server. */
export function demoOptions(args: string[]): DemoOptions {
  const { values } = readArguments({
    args,
    options: {
      instances: { type: 'string', default: '25' },
      fail: { type: 'string', default: '2' },
      keep: { type: 'boolean', default: false },
      store: { type: 'string' },
      nats: { type: 'string' },
      'use-existing': { type: 'boolean', default: false },
      ...BUS_ARGUMENTS,
    },
  });
  const instances = wholeNumber('--instances', values.instances, 1, 5_000);
  const fail = wholeNumber('--fail', values.fail, 0, instances);
  const { keep, nats } = values;
  return {
    ...{ instances, fail, keep, useExisting: values['use-existing'] },
    store: values.store === undefined ? null : storeArgument(values.store),
    bus: nats === undefined ? null : givenBus(nats, values),
  };
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new UsageError(`${name} wants a whole number from ${least} to ${most}, not "${text}"`);
}

/** A stack that runs, and the token that it lets in. */
export interface DemoStack {
  readonly stack: Stack;
  readonly token: string;
}

/** Registers and upgrades a fleet on a running stack, and reports; returns what was not as expected. */
export async function runDemo(
  { stack, token }: DemoStack,
  options: DemoOptions,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { instances, fail } = options;
  const access = busAccess(readConfiguration(BUS_ACCESS_SETTINGS, stack.env));
  const bus = await connectBus({ ...access, name: 'uplift-demo' });
  try {
    const uplift = new UpliftClient(stack.apiUrl, new BusClient(bus), token);
    const lagoon = new SimulatorClient(stack.url('lagoon'));
    const isAlone = options.store === null;
    const fleet = makeFleet(instances, fail, isAlone ? '' : `-${randomUUID().slice(0, 8)}`);
    await lagoon.place(fleet);
    await uplift.register(fleet);
    report.heading(`${fleet.length} instances registered; upgrades triggered over NATS and HTTP`);
    const upgradeIds = await triggerUpgrades(uplift, fleet);
    const byOutcome = await waitForUpgrades(uplift, upgradeIds, signal);
    const settings = { ...stack.env, UPLIFT_API_URL: stack.apiUrl, UPLIFT_TOKEN: token };
    const [stats, ledger, verdict] = await Promise.all([
      uplift.stats(),
      lagoon.ledger(),
      auditVerdict(settings),
    ]);
    const audit = isAlone ? verdict : auditOf(fleet, verdict);
    report.printStats(stats);
    await printTimelines(uplift, fleet);
    report.printLedger(ledger, fleet.length);
    report.printAudit(audit);
    report.printPages(await writePages(settings, upgradeIds[0] ?? '', stack.dir));
    return unexpected({ instances, fail, byOutcome, ledger, audit });
  } finally {
    await bus.close();
  }
}

/** What the audit of a store that holds other histories too says of the fleet's. */
export function auditOf(fleet: readonly DemoInstance[], verdict: AuditVerdict): AuditVerdict {
  const own = new Set(fleet.map(({ instanceId }) => instanceId));
  const isOwn = (line: string) => own.has(line.slice(0, line.indexOf(':')));
  const [faults, differences] = [verdict.faults.filter(isOwn), verdict.differences.filter(isOwn)];
  const isSound = faults.length === 0 && differences.length === 0;
  return { ...verdict, faults, differences, isSound };
}

function triggerUpgrades(uplift: UpliftClient, fleet: readonly DemoInstance[]) {
  return Promise.all(
    fleet.map((instance, n) =>
      n % 2 === 0 ? uplift.triggerOverBus(instance) : uplift.triggerOverHttp(instance),
    ),
  );
}

function isEnd(outcome: string | null): outcome is string {
  return outcome !== null && outcome !== 'in-flight';
}

type Outcomes = Readonly<Record<string, number>>;

/** Shows where the fleet is until every upgrade has ended; throws after the limit. */
async function waitForUpgrades(
  uplift: UpliftClient,
  upgradeIds: readonly string[],
  signal: AbortSignal,
): Promise<Outcomes> {
  const endsAt = performance.now() + LIMIT_MS;
  const byOutcome: Record<string, number> = {};
  for (let open = upgradeIds; ; await pause(REFRESH_MS, undefined, { signal })) {
    const stats = await uplift.stats();
    const outcomes = await Promise.all(open.map((upgradeId) => uplift.outcome(upgradeId)));
    for (const end of outcomes.filter(isEnd)) byOutcome[end] = (byOutcome[end] ?? 0) + 1;
    open = open.filter((_, n) => !isEnd(outcomes[n] ?? null));
    const total = upgradeIds.length;
    const ended = total - open.length;
    report.showProgress(stats, { ended, total, failed: byOutcome.failed ?? 0 });
    if (open.length === 0) return byOutcome;
    if (performance.now() > endsAt) throw new Error(`${open.length} upgrades did not end in time`);
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
  readonly byOutcome: Outcomes;
  readonly ledger: LedgerPage;
  readonly audit: AuditVerdict;
}

/** What was not as expected, one line each. */
export function unexpected({ instances, fail, byOutcome, ledger, audit }: DemoOutcome): string[] {
  const { succeeded = 0, failed = 0 } = byOutcome;
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
