import { randomUUID } from 'node:crypto';
import type { InstanceCommand, ProbeResult } from '@uplift/domain';
import { decide, evolve, INITIAL_STATE } from '@uplift/domain';
import type { EventStore } from '@uplift/event-store';
import { InstanceHistory, NO_STREAM } from '@uplift/event-store';

/** Instances whose histories grow at the same time, and so lie mixed in `$all`. */
const IN_FLIGHT = 250;
const EVENTS_PER_INSTANCE = 14;
const ONE_DAY_MS = 86_400_000;
const ACTOR = { type: 'system', id: 'bench' } as const;

const PROBE: ProbeResult = {
  url: 'http://app.example/',
  outcome: 'healthy',
  status: 200,
  durationMs: 12,
};

/** Does the work for every item, at most `limit` at once; throws the first failure. */
export async function eachOf<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: limit }, worker));
}

/** Reads every event there is, as a service does that starts from nothing, and does nothing with them. */
export async function readAll(store: EventStore) {
  const startedAt = performance.now();
  let events = 0;
  for await (const batch of store.subscribeToAll()) {
    events += batch.events.length;
    if (batch.caughtUp) break;
  }
  return { events, seconds: (performance.now() - startedAt) / 1_000 };
}

/** Writes whole upgrades, each decision its own append, until there are at least so many events. Returns how many. */
export async function prefill(store: EventStore, atLeast: number): Promise<number> {
  const history = new InstanceHistory(store, 'bench');
  const count = Math.ceil(atLeast / EVENTS_PER_INSTANCE);
  let written = 0;
  await eachOf(Array<undefined>(count).keys(), IN_FLIGHT, async (n) => {
    const events = await writeHistory(history, `bench-${n}`);
    written += events;
  });
  return written;
}

/** One registration and one whole upgrade as the services do it: one append for each command. */
async function writeHistory(history: InstanceHistory, project: string): Promise<number> {
  const [instanceId, upgradeId] = [randomUUID(), randomUUID()];
  let [head, state, written] = [NO_STREAM, INITIAL_STATE, 0];
  for (const command of [...edgeCommands(project, upgradeId), ...workerCommands(upgradeId)]) {
    const events = decide(command, state);
    const cause = { causationId: randomUUID(), correlationId: upgradeId, actor: ACTOR };
    ({ head } = await history.append(instanceId, head, events, { ...cause, step: command.type }));
    state = events.reduce(evolve, state);
    written += events.length;
  }
  return written;
}

/** Upgrades of one instance in a history that is written at once. */
const UPGRADES_AT_ONCE = 9;

/**
 * Instances with several upgrades each, the history of each in one append, until there are at least so many events:
 * only their number is wanted. Returns how many.
 */
export async function prefillAtOnce(store: EventStore, atLeast: number): Promise<number> {
  const history = new InstanceHistory(store, 'bench');
  let written = 0;
  await eachOf(Array(32).keys(), 32, async () => {
    while (written < atLeast) {
      const project = `bench-${randomUUID()}`;
      const upgrades = Array.from({ length: UPGRADES_AT_ONCE }, () => randomUUID());
      const commands = upgrades.flatMap((id, n) => [
        ...edgeCommands(project, id).slice(n === 0 ? 0 : 1),
        ...workerCommands(id),
      ]);
      const count = await appendAtOnce(history, randomUUID(), commands);
      written += count;
    }
  });
  return written;
}

async function appendAtOnce(
  history: InstanceHistory,
  instanceId: string,
  commands: readonly InstanceCommand[],
): Promise<number> {
  let state = INITIAL_STATE;
  const events = commands.flatMap((command) => {
    const decided = decide(command, state);
    state = decided.reduce(evolve, state);
    return decided;
  });
  const cause = { causationId: randomUUID(), correlationId: instanceId, actor: ACTOR };
  await history.append(instanceId, NO_STREAM, events, { ...cause, step: 'at once' });
  return events.length;
}

/** Instances that are registered, and nothing more. */
export async function writeRegistrations(store: EventStore, count: number): Promise<void> {
  const history = new InstanceHistory(store, 'bench');
  await eachOf(Array<undefined>(count).keys(), IN_FLIGHT, async (n) => {
    const [instanceId, correlationId] = [randomUUID(), randomUUID()];
    const [register] = edgeCommands(`registered-${instanceId}-${n}`, correlationId);
    const events = register === undefined ? [] : decide(register, INITIAL_STATE);
    const cause = { causationId: randomUUID(), correlationId, actor: ACTOR };
    await history.append(instanceId, NO_STREAM, events, { ...cause, step: 'register' });
  });
}

/** Where Lagoon has the app of an upgrade, and its build. */
export interface BuiltPlace {
  readonly projectId: number;
  readonly environmentId: number;
  readonly route: string;
  readonly buildName: string;
}

/** An instance with one upgrade whose build Lagoon has taken, in one append: the history of many is wanted, not its making. */
export async function writeFlight(
  history: InstanceHistory,
  { instanceId, upgradeId, project }: Record<'instanceId' | 'upgradeId' | 'project', string>,
  place: BuiltPlace,
): Promise<void> {
  const commands = [...edgeCommands(project, upgradeId), ...startCommands(upgradeId, place)];
  await appendAtOnce(history, instanceId, commands);
}

function edgeCommands(project: string, upgradeId: string): InstanceCommand[] {
  const profile = {
    project,
    projectId: 4711,
    environment: 'main',
    core: 'default',
    app: 'anything-llm',
    scripts: { preUpgrade: null, postUpgrade: null },
    healthProbe: { path: '/', acceptStatuses: [] },
  };
  const labels = { fleet: 'bench' };
  return [
    { type: 'RegisterInstance', data: { profile, labels, status: 'running-healthy-claimed' } },
    {
      type: 'RequestUpgrade',
      data: {
        upgradeId,
        attemptMs: ONE_DAY_MS,
        startBy: null,
        priority: null,
        requestedAt: new Date().toISOString(),
        strategy: 'redeploy-latest',
        target: null,
        enabledStrategies: ['redeploy-latest'],
        waveId: null,
        repair: false,
        requestedBy: 'bench',
        reason: 'bench',
        rolloutId: null,
      },
    },
  ];
}

function startCommands(
  upgradeId: string,
  { buildName, ...located }: BuiltPlace,
): InstanceCommand[] {
  const attempt = { upgradeId, attempt: 1 };
  const started = { ...attempt, worker: 'bench-1' };
  const checks = [{ name: 'environment-exists', passed: true, detail: 'main' }];
  return [
    { type: 'StartPreUpgrade', data: started },
    { type: 'CompletePreUpgrade', data: { ...attempt, located, checks, task: null } },
    { type: 'StartUpgrade', data: { ...started, bulkId: null } },
    { type: 'AcceptDeployment', data: { ...attempt, buildName } },
  ];
}

function workerCommands(upgradeId: string): InstanceCommand[] {
  const attempt = { upgradeId, attempt: 1 };
  const started = { ...attempt, worker: 'bench-1' };
  const buildName = `lagoon-build-${upgradeId.slice(0, 6)}`;
  const place = { projectId: 4711, environmentId: 815, route: 'http://app.example/', buildName };
  const outcome = { buildName, warnings: false, queuedMs: 4_000, buildMs: 480_000 };
  return [
    ...startCommands(upgradeId, place),
    { type: 'ProgressDeployment', data: { ...attempt, status: 'running', buildStep: null } },
    { type: 'CompleteUpgrade', data: { ...attempt, ...outcome } },
    { type: 'StartPostUpgrade', data: started },
    { type: 'CompletePostUpgrade', data: { ...attempt, task: null } },
    { type: 'VerifyHealthy', data: { ...attempt, probes: [PROBE] } },
  ];
}
