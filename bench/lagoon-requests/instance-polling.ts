import { setTimeout as pause } from 'node:timers/promises';
import { deploymentPhase, GraphqlLagoon, StaticTokenSource } from '@uplift/lagoon';
import { makeFleet } from '../pipeline/fleet';
import { SPEED } from './simulated-time';
import type { SimulatorLedger } from './simulator-ledger';
import { systemClock } from '@uplift/runtime';

/** Simulated ms between two polls of an instance. */
const INTERVAL_MS = 15_000;
/** Whether there is a connection, then the deployment by its name. */
const CALLS_PER_POLL = 2;
const STEP_MS = 10;

/** Requests per build that a poll of each instance by itself takes, for builds of these simulated ms. */
export function computedPolling(spans: readonly number[]): number {
  const calls = spans.map((span) => CALLS_PER_POLL * Math.ceil(span / INTERVAL_MS));
  return calls.reduce((sum, count) => sum + count, 0) / spans.length;
}

/** The same, counted by the simulated Lagoon while so many builds are polled that way. */
export async function measuredPolling(
  graphqlUrl: string,
  ledger: SimulatorLedger,
  builds: number,
): Promise<number> {
  const environments = await ledger.place(makeFleet(builds));
  const token = new StaticTokenSource('bench');
  const lagoon = new GraphqlLagoon({ url: graphqlUrl, token }, systemClock);
  await ledger.clear();
  try {
    const ends = environments.map(async ({ environmentId }, n) => {
      await pause(n * STEP_MS);
      await followAlone(lagoon, environmentId);
    });
    await Promise.all(ends);
  } finally {
    await lagoon.close();
  }
  const { requests } = await ledger.page();
  const polls = (requests['query Ping'] ?? 0) + (requests['query DeploymentsOf'] ?? 0);
  return polls / builds;
}

async function followAlone(lagoon: GraphqlLagoon, environmentId: number): Promise<void> {
  const { signal } = new AbortController();
  const answer = await lagoon.deployLatest({ environmentId, bulkName: 'bench' }, signal);
  if (answer.kind !== 'accepted') throw new Error('The simulator accepted no deployment');
  const lookUp = { name: answer.buildName, limit: 1 };
  for (let isOver = false; !isOver;) {
    await pause(INTERVAL_MS / SPEED);
    await lagoon.ping();
    const [row] = await lagoon.deploymentsOf(environmentId, lookUp);
    isOver = row !== undefined && deploymentPhase(row.status) !== 'active';
  }
}
