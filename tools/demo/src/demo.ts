import { BusClient, connectBus } from '@uplift/bus';
import type { Stack } from '../../stack/src';
import { auditVerdict } from './audit-process';
import { DemoClient } from './demo-client';
import type { DemoOptions } from './demo.options';
import { brokenPromises } from './expectations';
import type { DemoInstance } from './fleet';
import { makeFleet } from './fleet';
import { showProgress } from './progress-line';
import * as report from './report';
import { SimulatedLagoon } from './simulated-lagoon';

const LIMIT_MS = 300_000;

/** Runs the whole show on a running stack; returns what did not hold. */
export async function runDemo(
  stack: Stack,
  options: DemoOptions,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const bus = await connectBus({ servers: stack.url('nats'), name: 'uplift-demo' });
  try {
    const client = new DemoClient(stack.apiUrl, new BusClient(bus));
    const lagoon = new SimulatedLagoon(stack.url('lagoon'));
    const fleet = makeFleet(options.instances, options.fail);
    await start(client, lagoon, fleet);
    await showProgress(client, fleet.length, { limitMs: LIMIT_MS, signal });
    return await conclude({ stack, client, lagoon, fleet, options });
  } finally {
    await bus.close();
  }
}

async function start(
  client: DemoClient,
  lagoon: SimulatedLagoon,
  fleet: readonly DemoInstance[],
): Promise<void> {
  await lagoon.place(fleet);
  await client.register(fleet);
  report.heading(`${fleet.length} instances registered; upgrades triggered over NATS and HTTP`);
  await Promise.all(
    fleet.map((instance, n) =>
      n % 2 === 0 ? client.triggerOverBus(instance) : client.triggerOverHttp(instance),
    ),
  );
}

interface Show {
  readonly stack: Stack;
  readonly client: DemoClient;
  readonly lagoon: SimulatedLagoon;
  readonly fleet: readonly DemoInstance[];
  readonly options: DemoOptions;
}

async function conclude({ stack, client, lagoon, fleet, options }: Show) {
  const [stats, ledger, audit] = await Promise.all([
    client.stats(),
    lagoon.ledger(),
    auditVerdict({ ...stack.env, UPLIFT_API_URL: stack.apiUrl }),
  ]);
  report.printStatuses(stats);
  report.printDurations(stats);
  await showTimelines(client, fleet);
  report.printLedger(ledger, fleet.length);
  report.printAudit(audit);
  return brokenPromises({ options, stats, ledger, audit });
}

async function showTimelines(client: DemoClient, fleet: readonly DemoInstance[]): Promise<void> {
  const healthy = fleet.find(({ isDoomed }) => !isDoomed);
  if (healthy !== undefined) {
    report.printTimeline(`Timeline of ${healthy.project}`, await client.timeline(healthy));
  }
  const doomed = fleet.find(({ isDoomed }) => isDoomed);
  if (doomed === undefined) return;
  const reason = await client.failureOf(doomed);
  const timeline = await client.timeline(doomed);
  report.printTimeline(`${doomed.project} failed: ${reason ?? 'no reason'}`, timeline.slice(-3));
}
