import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { StoredEvent } from '@uplift/contracts';
import { toInstanceEvent } from '@uplift/contracts';
import type { InstanceCommand, InstanceEvent, LocatedEnvironment, WorkOrder } from '@uplift/domain';
import { markerOf } from '@uplift/domain';
import { CommandHandler, EsdbEventStore, InstanceHistory, NO_STREAM } from '@uplift/event-store';
import { deploymentPhase, GraphqlLagoon, StaticTokenSource, taskPhase } from '@uplift/lagoon';
import { systemClock, systemRandomness } from '@uplift/runtime';
import {
  exampleUpgrade,
  ORDER,
  SCRIPTED,
  upTo,
} from '../../../apps/stage-workers/src/testing/example-upgrade';
import type { EnvironmentSpec, LedgerPage } from '../../../tools/lagoon-simulator/src';
import type { Installation, ManagedProcess, ServiceName } from '../../../tools/stack/src';
import { Stack } from '../../../tools/stack/src';
import { SimulatedLagoon } from '../../contract/stage-workers/simulated-lagoon';
import { eventually, PATIENCE_MS } from '../../support/eventually';
import { SIZES } from '../../support/sizes';
import { StoreLog } from '../../support/store-log';
import type { CrashPoint, ProcessFault } from './crash-points';

/** Everything takes seconds: the settle window still outlasts the lease and a call together. */
const QUICK = {
  UPLIFT_ACK_WAIT_MS: '600',
  UPLIFT_CALL_LEASE_MS: '2000',
  UPLIFT_CALL_TIMEOUT_MS: '1500',
  UPLIFT_RECONCILE_INTERVAL_MS: '50',
  UPLIFT_NOT_FOUND_GAP_MS: '200',
  UPLIFT_SETTLE_WINDOW_MS: '4000',
  UPLIFT_POLL_INTERVAL_MS: '50',
  UPLIFT_TASK_POLL_INTERVAL_MS: '20',
  UPLIFT_PROBE_INTERVAL_MS: '10',
};

const CAUSE = { actor: { type: 'service_account', id: 'spec' } } as const;
const PORTS = { clock: systemClock, randomness: systemRandomness };

export interface StartedUpgrade {
  readonly instanceId: string;
  readonly order: WorkOrder;
  readonly located: LocatedEnvironment;
  readonly marker: string;
}

const SERVICES: Readonly<Record<Installation, readonly ServiceName[]>> = {
  separate: ['relay', 'pre-upgrade', 'upgrade', 'poll-upgrade', 'post-upgrade'],
  all: ['relay', 'stages'],
};

/**
 * Every stage as a process of its own, or all in one; a fault hits another process of the stage, while its first one is
 * down.
 */
export class CrashHarness {
  private readonly log: StoreLog;
  private faults = 0;

  private constructor(
    private readonly installed: { readonly as: Installation; readonly stack: Stack },
    private readonly store: EsdbEventStore,
    readonly lagoon: SimulatedLagoon,
    private readonly rows: GraphqlLagoon,
  ) {
    this.log = new StoreLog(store);
  }

  static async start(installation: Installation): Promise<CrashHarness> {
    const stack = await Stack.start({
      infrastructure: ['nats', 'eventstore', 'lagoon'],
      services: SERVICES[installation],
      env: QUICK,
      simulator: { UPLIFT_SIMULATOR_CLOCK_SPEED: '2000' },
    });
    const store = new EsdbEventStore({ connectionString: stack.url('eventstore') });
    const url = stack.url('lagoon');
    const rows = new GraphqlLagoon({ url, token: new StaticTokenSource('token') }, systemClock);
    return new CrashHarness({ as: installation, stack }, store, new SimulatedLagoon(url), rows);
  }

  /** Takes the place of the stage's worker, and kills or stops itself when it passes the point. */
  async startFaultyWorker(
    { stage, failpoint }: Pick<CrashPoint, 'stage' | 'failpoint'>,
    fault: ProcessFault,
  ): Promise<ManagedProcess> {
    const service = this.serviceOf(stage);
    await this.stack.service(service).stop();
    this.faults += 1;
    const [point, hit = '1'] = failpoint.split('@');
    const UPLIFT_FAILPOINTS = `${point}=${fault}@${hit}`;
    return this.stack.startService(service, `faulty-${this.faults}`, { UPLIFT_FAILPOINTS });
  }

  /** The stage's own worker is back, to find what the faulty one has left. */
  async restartWorker({ stage }: Pick<CrashPoint, 'stage'>): Promise<void> {
    await this.stack.service(this.serviceOf(stage)).restart();
  }

  private serviceOf(stage: ServiceName): ServiceName {
    return this.installed.as === 'all' ? 'stages' : stage;
  }

  private get stack(): Stack {
    return this.installed.stack;
  }

  /**
   * An upgrade with a script before it and one after, asked for in the store itself. One that has ended has come as far
   * as its deploy call.
   */
  async upgrade(
    traits: Partial<EnvironmentSpec> = {},
    ended?: (order: WorkOrder) => readonly InstanceEvent[],
  ): Promise<StartedUpgrade> {
    const instanceId = randomUUID();
    const profile = { ...SCRIPTED, project: `app-${instanceId}` };
    const order = { ...ORDER, upgradeId: randomUUID(), profile };
    const located = await this.lagoon.place(profile, traits);
    const history = new InstanceHistory(this.store, 'command-api');
    const reached = ended === undefined ? 'UpgradeRequested' : 'DeploymentRequested';
    const events = upTo(reached, exampleUpgrade({ order, located, buildName: '' }));
    await history.append(instanceId, NO_STREAM, [...events, ...(ended?.(order) ?? [])], {
      ...CAUSE,
      causationId: randomUUID(),
      step: 'given',
      correlationId: order.upgradeId,
    });
    return { instanceId, order, located, marker: markerOf(order) };
  }

  /** What an operator asks of it. */
  async command({ instanceId, order }: StartedUpgrade, command: InstanceCommand): Promise<void> {
    const history = new InstanceHistory(this.store, 'command-api');
    const handler = new CommandHandler(history, PORTS);
    const correlationId = order.upgradeId;
    const cause = { ...CAUSE, causationId: randomUUID(), step: command.type, correlationId };
    await handler.handle({ instanceId, command, cause }, { tries: 5 });
  }

  /** Builds and tasks of its environment that have not ended. */
  async running({ located: { environmentId } }: StartedUpgrade): Promise<readonly string[]> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const [builds, tasks] = await Promise.all([
      this.rows.deploymentsOf(environmentId, { limit: 100 }, signal),
      this.rows.tasksOf(environmentId, { limit: 100 }, signal),
    ]);
    return [
      ...builds.filter(({ status }) => deploymentPhase(status) === 'active'),
      ...tasks.filter(({ status }) => taskPhase(status) === 'active'),
    ].map(({ name }) => name);
  }

  /** Every event fits its schema, or this throws. */
  async history({ instanceId }: StartedUpgrade): Promise<readonly InstanceEvent[]> {
    const { events } = await new InstanceHistory(this.store, 'spec').load(instanceId);
    return events.map((event: StoredEvent) => toInstanceEvent(event));
  }

  /** Waits until the newest event of each is this one. */
  ended(upgrades: readonly StartedUpgrade[], end: InstanceEvent['type']): Promise<void> {
    const stories = () => upgrades.map(({ instanceId }) => this.log.typesOf(instanceId));
    return this.log.until(
      () => stories().every((types) => types.at(-1) === end),
      () =>
        stories()
          .map((types) => types.join(' → '))
          .join('\n'),
    );
  }

  happened(type: InstanceEvent['type'], { instanceId }: StartedUpgrade): Promise<void> {
    const types = () => this.log.typesOf(instanceId);
    return this.log.until(
      () => types().includes(type),
      () => `${type}: ${types().join(' → ')}`,
    );
  }

  async stop(): Promise<void> {
    await this.log.close();
    await Promise.all([this.store.close(), this.rows.close()]);
    await this.stack.stop();
  }
}

export interface CrashRun {
  readonly upgrades: number;
  readonly builds: number;
  readonly faults: readonly string[];
}

/**
 * One worker of a stage is killed or stopped at the point, another one finishes everything. A stopped one wakes up afterwards,
 * beside the other and among new upgrades, to do whatever it was about to do.
 */
export async function crashRun(
  harness: CrashHarness,
  point: CrashPoint,
  fault: ProcessFault,
): Promise<CrashRun> {
  await Promise.all(point.lagoonFaults.map((spec) => harness.lagoon.plan(spec)));
  const faulty = await harness.startFaultyWorker(point, fault);
  const upgrades = await askFor(harness);
  await eventually(() => Promise.resolve(expect(isDown(faulty)).toBe(true)));
  await harness.restartWorker(point);
  await harness.ended(upgrades, 'InstanceVerifiedHealthy');
  if (fault === 'stop') {
    faulty.signal('SIGCONT');
    upgrades.push(...(await askFor(harness)));
    await harness.ended(upgrades, 'InstanceVerifiedHealthy');
    await faulty.stop();
  }
  await harness.lagoon.clearFaults();
  return resultOf(harness, upgrades);
}

function askFor(harness: CrashHarness): Promise<StartedUpgrade[]> {
  return Promise.all(Array.from({ length: SIZES.crashedUpgrades }, () => harness.upgrade()));
}

export function isDown(worker: ManagedProcess): boolean {
  if (worker.hasExited) return true;
  // To ask for its state takes a process: not before it has said that it stops.
  if (!readFileSync(worker.logFile, 'utf8').includes('"action":"stop"')) return false;
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(worker.pid)]);
  return stdout.toString().trim().startsWith('T');
}

async function resultOf(
  harness: CrashHarness,
  upgrades: readonly StartedUpgrade[],
): Promise<CrashRun> {
  const ledger = await harness.lagoon.ledger();
  const histories = await Promise.all(upgrades.map((upgrade) => harness.history(upgrade)));
  const builds = upgrades.map(({ marker }) => ledger.buildsByBulkName[marker]?.length ?? 0);
  return {
    upgrades: upgrades.length,
    builds: builds.reduce((sum, count) => sum + count, 0),
    faults: upgrades.flatMap((upgrade, n) => faultsOf(upgrade, histories[n] ?? [], ledger)),
  };
}

const OUTCOMES: Readonly<Record<string, readonly InstanceEvent['type'][]>> = {
  DeploymentRequested: ['DeploymentAccepted', 'CallNotLanded', 'CallRefused', 'OutcomeResolved'],
  ScriptRequested: ['ScriptAccepted', 'CallNotLanded', 'CallRefused', 'OutcomeResolved'],
};

/** What is wrong with what an upgrade did to Lagoon; empty if nothing is. */
function faultsOf(
  { marker }: StartedUpgrade,
  events: readonly InstanceEvent[],
  { buildsByBulkName, tasksByName }: Pick<LedgerPage, 'buildsByBulkName' | 'tasksByName'>,
): readonly string[] {
  const builds = buildsByBulkName[marker] ?? [];
  const tasks = ['pre', 'post'].map((step) => tasksByName[`${marker}-${step}`]?.length ?? 0);
  return [
    ...(builds.length === 1 ? [] : [`${marker} has ${builds.length} builds`]),
    ...tasks.flatMap((count) => (count === 1 ? [] : [`${marker} ran a script ${count} times`])),
    ...openIntents(events).map((type) => `${marker}: ${type} without an outcome`),
  ];
}

/** Intents that no event says the end of. */
export function openIntents(events: readonly InstanceEvent[]): readonly string[] {
  return events.flatMap(({ type }, index) => {
    const outcomes = OUTCOMES[type];
    if (outcomes === undefined) return [];
    const isClosed = events.slice(index + 1).some((event) => outcomes.includes(event.type));
    return isClosed ? [] : [type];
  });
}
