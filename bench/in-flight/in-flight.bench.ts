import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { markerOf } from '@uplift/domain';
import { InstanceHistory } from '@uplift/event-store';
import type { BenchContext, Benchmark, Row } from '../benchmark';
import { eachOf, writeFlight } from '../load';
import type { Pipeline } from '../pipeline/pipeline-stack';
import { profiledProcesses, withPipeline } from '../pipeline/pipeline-stack';
import { makeFleet } from '../pipeline/uplift-client';
import { startCpuMeter } from '../report/process-rows';
import { EventCount } from './event-count';
import type { FlightResult } from './flight-rows';
import { flightRows } from './flight-rows';
import { MemoryPeaks } from './memory-peaks';
import { pollerNumbers } from './poller-numbers';

/** Simulated seconds of a build: nothing of it changes while the upgrades are only in flight. */
const BUILD_SECONDS = 36_000;
/** Ends every build, the longest too. */
const ALL_OVER_SECONDS = 2 * BUILD_SECONDS;
const APPENDS_IN_FLIGHT = 64;
const AT_REST_MS = 120_000;
const LOOK_EVERY_MS = 500;
const FOLLOWED_LIMIT_MS = 900_000;

/** Many upgrades whose builds run at the same time, until all of them have ended. */
export const inFlightBench: Benchmark = (context) => {
  const { simulator, ...profiled } = profiledProcesses(context.options);
  const slow = { UPLIFT_SIMULATOR_BUILD_SECONDS: String(BUILD_SECONDS), ...simulator };
  return withPipeline({ ...profiled, simulator: slow, env: REAL_PACE }, (pipeline) =>
    measure(context, pipeline),
  );
};

/** What Node takes at most in a container of 512 MiB: with all memory of this machine it would collect hardly ever. */
const HEAP_OF_A_CONTAINER = '--max-old-space-size=256';

/** Polls as a Lagoon of the world is polled; a build that has ended needs no more waiting. */
const REAL_PACE = {
  NODE_OPTIONS: HEAP_OF_A_CONTAINER,
  UPLIFT_POLL_EARLY_INTERVAL_MS: '30000',
  UPLIFT_POLL_INTERVAL_MS: '60000',
  UPLIFT_POLL_QUEUED_INTERVAL_MS: '180000',
  UPLIFT_PROBE_SUCCESSES: '1',
  UPLIFT_PROBE_INTERVAL_MS: '1',
  UPLIFT_LOG_LEVEL: 'warn',
};

async function measure({ say, options }: BenchContext, pipeline: Pipeline): Promise<Row[]> {
  const { stack, bus, lagoon } = pipeline;
  const { inFlight } = options;
  const seen = new EventCount(bus, 'DeploymentProgressed');
  const ended = new EventCount(bus, 'InstanceVerifiedHealthy');
  const peaks = new MemoryPeaks(stack);
  try {
    say(`writing ${inFlight} upgrades whose builds run`);
    const fill = await timed(() => fillUp(pipeline, inFlight));
    const follow = await timed(() => allFollowed(pipeline, inFlight));
    say(
      `all are followed after ${Math.round(follow.seconds)} s; waiting for the first look at each`,
    );
    await seen.reached(inFlight);
    await pause(LOOK_EVERY_MS);
    say(`at rest for ${AT_REST_MS / 1_000} s`);
    const atRest = await rest(pipeline, peaks);
    say('every build ends');
    await lagoon.advance(ALL_OVER_SECONDS);
    const end = await timed(() => ended.reached(inFlight));
    const result: FlightResult = { inFlight, fill, follow, end, atRest, peaks };
    return flightRows(stack, result, await pollerNumbers(stack));
  } finally {
    peaks.stop();
    seen.close();
    ended.close();
  }
}

/** Environments and builds in the simulator, and the history of each upgrade as far as its accepted build. */
async function fillUp({ lagoon, store, client }: Pipeline, count: number): Promise<void> {
  const fleet = makeFleet(count).map((each) => ({ ...each, upgradeId: randomUUID() }));
  const placed = await lagoon.place(fleet);
  const names = await lagoon.build(
    fleet.map(({ project, environment, upgradeId }) => {
      return { project, environment, bulkName: markerOf({ upgradeId, attempt: 1 }) };
    }),
  );
  const history = new InstanceHistory(store, 'bench');
  await eachOf(fleet.entries(), APPENDS_IN_FLIGHT, ([n, instance]) => {
    const [place, buildName] = [placed[n], names[n]];
    if (place === undefined || buildName === undefined) throw new Error('Lagoon placed too few');
    const { projectId, environmentId, route } = place;
    return writeFlight(history, instance, { projectId, environmentId, route, buildName });
  });
  await client.seesUpTo((await store.lastPosition()) ?? 0n);
}

async function allFollowed({ stack }: Pipeline, count: number): Promise<void> {
  const endsAt = performance.now() + FOLLOWED_LIMIT_MS;
  for (let last = 0; ;) {
    last = (await pollerNumbers(stack)).followed;
    if (last >= count) return;
    if (performance.now() > endsAt) throw new Error(`Only ${last} of ${count} builds are followed`);
    await pause(LOOK_EVERY_MS);
  }
}

async function rest({ stack, lagoon }: Pipeline, peaks: MemoryPeaks) {
  const before = await pollerNumbers(stack);
  await lagoon.clearLedger();
  const readMeter = startCpuMeter(stack);
  await pause(AT_REST_MS);
  const use = readMeter();
  const { total, busiestSecond } = await lagoon.ledger();
  const after = await pollerNumbers(stack);
  const rounds = {
    count: after.rounds - before.rounds,
    seconds: after.roundSeconds - before.roundSeconds,
  };
  const memory = new Map(stack.parts.map(({ name }) => [name, peaks.of(name)]));
  return { use, memory, requests: total, busiestSecond, rounds };
}

async function timed(work: () => Promise<void>): Promise<{ readonly seconds: number }> {
  const startedAt = performance.now();
  await work();
  return { seconds: (performance.now() - startedAt) / 1_000 };
}
