import type { InstanceEventOf } from '@uplift/domain';
import { deploymentPhase, GraphqlLagoon, StaticTokenSource } from '@uplift/lagoon';
import { systemClock } from '@uplift/runtime';
import type { LagoonControl } from '../pipeline/lagoon-control';
import { makeFleet } from '../pipeline/uplift-client';
import type { LoadedUpgrade } from '../pipeline/upgrade-load';
import { eventOf } from '../pipeline/upgrade-load';

/** Simulated seconds per real second. */
export const SPEED = 10;

/** Simulated ms between two polls of an instance. */
const INTERVAL_MS = 15_000;
/** Whether there is a connection, then the deployment by its name. */
const CALLS_PER_POLL = 2;
const STEP_MS = 10;

/** Requests per build that a poll of each instance by itself takes, from the durations of these builds. */
export function computedPolling(upgrades: readonly LoadedUpgrade[]): number {
  const calls = upgrades.map(
    (upgrade) => CALLS_PER_POLL * Math.ceil(buildDurationMs(upgrade) / INTERVAL_MS),
  );
  return calls.reduce((sum, count) => sum + count, 0) / upgrades.length;
}

/** The same, counted by the simulated Lagoon while so many builds are polled that way. */
export async function measuredPolling(
  graphqlUrl: string,
  control: LagoonControl,
  builds: number,
): Promise<number> {
  const environments = await control.place(makeFleet(builds));
  const token = new StaticTokenSource('bench');
  const lagoon = new GraphqlLagoon({ url: graphqlUrl, token }, systemClock);
  await control.clearLedger();
  try {
    const ends = environments.map(async ({ environmentId }, n) => {
      await systemClock.pause(n * STEP_MS);
      await followAlone(lagoon, environmentId);
    });
    await Promise.all(ends);
  } finally {
    await lagoon.close();
  }
  const { requests } = await control.ledger();
  const polls = (requests['query Ping'] ?? 0) + (requests['query DeploymentsOf'] ?? 0);
  return polls / builds;
}

async function followAlone(lagoon: GraphqlLagoon, environmentId: number): Promise<void> {
  const { signal } = new AbortController();
  const answer = await lagoon.deployLatest({ environmentId, bulkName: 'bench' }, signal);
  if (answer.kind !== 'accepted') throw new Error('The simulator accepted no deployment');
  const lookUp = { name: answer.buildName, limit: 1 };
  for (let isOver = false; !isOver;) {
    await systemClock.pause(INTERVAL_MS / SPEED);
    await lagoon.ping();
    const [row] = await lagoon.deploymentsOf(environmentId, lookUp);
    isOver = row !== undefined && deploymentPhase(row.status) !== 'active';
  }
}

/** By Lagoon's clock. */
function buildDurationMs(upgrade: LoadedUpgrade): number {
  const { data } = eventOf(upgrade, 'UpgradeCompleted');
  const { queuedMs, buildMs } = data as InstanceEventOf<'UpgradeCompleted'>['data'];
  return (queuedMs ?? 0) + (buildMs ?? 0);
}
