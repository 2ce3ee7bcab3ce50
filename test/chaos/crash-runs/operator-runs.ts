import type { InstanceEvent } from '@uplift/domain';
import { markerOf } from '@uplift/domain';
import type { EnvironmentSpec } from '../../../tools/lagoon-simulator/src';
import type { ManagedProcess, ServiceName } from '../../../tools/stack/src';
import { eventually } from '../../support/eventually';
import { SIZES } from '../../support/sizes';
import type { CrashHarness, StartedUpgrade } from './crash-harness';
import { isDown, openIntents } from './crash-harness';
import type { ProcessFault } from './crash-points';

/** A command of an operator, and the boundaries of the work that it leads to. */
export interface OperatorRun {
  readonly command: 'cancel' | 'retry' | 'resolve';
  readonly stage: ServiceName;
  readonly failpoints: readonly string[];
  /** Upgrades that are where the command makes sense. */
  readonly prepare: (harness: CrashHarness) => Promise<readonly StartedUpgrade[]>;
  readonly ask: (harness: CrashHarness, upgrade: StartedUpgrade) => Promise<void>;
  /** How each of them ends. */
  readonly end: InstanceEvent['type'];
  /** Most builds that Lagoon has made of one upgrade, over all its attempts. */
  readonly builds: number;
}

const ASKED = { requestedBy: 'operator-7', reason: 'spec' };
const DAY_MS = 86_400_000;
/** Simulated seconds. */
const ENDLESS = 1_000_000;
const LONGER_THAN_A_BUILD = 1_000;
const DEPLOY_STEPS = SIZES.everyStep
  ? ['E0', 'E1', 'E2', 'E3', 'E4', 'E5', 'E6', 'E7']
  : ['E2', 'E5', 'E6'];

export const OPERATOR_RUNS: readonly OperatorRun[] = [
  {
    command: 'retry',
    stage: 'upgrade',
    failpoints: DEPLOY_STEPS.map((step) => `deploy.${step}`),
    prepare: async (harness) => [await refused(harness), await refused(harness)],
    ask: retry,
    end: 'InstanceVerifiedHealthy',
    builds: 1,
  },
  {
    command: 'cancel',
    stage: 'poll-upgrade',
    failpoints: ['C0', 'C1', 'C2', 'C3'].map((step) => `cancel.${step}`),
    prepare: (harness) =>
      Promise.all([
        reached(harness, 'ScriptAccepted', { taskSeconds: ENDLESS }),
        reached(harness, 'DeploymentAccepted', { buildSeconds: ENDLESS }),
      ]),
    ask: cancel,
    end: 'UpgradeCancelled',
    builds: 1,
  },
  {
    command: 'resolve',
    stage: 'poll-upgrade',
    failpoints: ['R0', 'R1', 'R2'].map((step) => `resolve.${step}`),
    prepare: async (harness) => [await lost(harness), await lost(harness)],
    ask: resolve,
    end: 'InstanceVerifiedHealthy',
    builds: 0,
  },
];

/** Refused by Lagoon at the first attempt: the next one is the only one that builds. */
function refused(harness: CrashHarness): Promise<StartedUpgrade> {
  return harness.upgrade({}, (order) => {
    const ids = { upgradeId: order.upgradeId, attempt: order.attempt };
    const why = { evidence: { cause: 'permission' }, retryable: true } as const;
    return [{ type: 'UpgradeFailed', data: { ...ids, reason: 'deployment-refused', ...why } }];
  });
}

async function retry(harness: CrashHarness, upgrade: StartedUpgrade): Promise<void> {
  const { upgradeId } = upgrade.order;
  const asBefore = { fromStage: null, redeploy: false, strategy: null, target: null };
  const data = { upgradeId, ...ASKED, ...asBefore, enabledStrategies: [], attemptMs: DAY_MS };
  await harness.command(upgrade, { type: 'RetryUpgrade', data });
}

async function cancel(harness: CrashHarness, upgrade: StartedUpgrade): Promise<void> {
  const data = { upgradeId: upgrade.order.upgradeId, ...ASKED };
  await harness.command(upgrade, { type: 'CancelUpgrade', data });
}

async function reached(
  harness: CrashHarness,
  type: InstanceEvent['type'],
  traits: Partial<EnvironmentSpec>,
): Promise<StartedUpgrade> {
  const upgrade = await harness.upgrade(traits);
  await harness.happened(type, upgrade);
  return upgrade;
}

/** Nobody knows what became of its call, until an operator names a build of somebody else. */
function lost(harness: CrashHarness): Promise<StartedUpgrade> {
  return harness.upgrade({}, (order) => {
    const ids = { upgradeId: order.upgradeId, attempt: order.attempt };
    const evidence = { status: 'upgrade-running' };
    return [
      { type: 'CallAmbiguous', data: { ...ids, callNo: 1, evidence } },
      {
        type: 'UpgradeFailed',
        data: { ...ids, reason: 'stage-timed-out', evidence, retryable: true },
      },
    ];
  });
}

async function resolve(harness: CrashHarness, upgrade: StartedUpgrade): Promise<void> {
  const { upgradeId, profile } = upgrade.order;
  const buildName = await harness.lagoon.build(profile);
  await harness.lagoon.advance(LONGER_THAN_A_BUILD);
  const resolution = { kind: 'adopt', buildName } as const;
  const data = { upgradeId, ...ASKED, resolution };
  await harness.command(upgrade, { type: 'ResolveOutcome', data });
}

/**
 * At each boundary in turn the worker is killed or stopped with new work in hand, then one of the stage's own finishes
 * everything, and those that were stopped wake up beside it. Answers what is wrong then.
 */
export async function operatorRun(
  harness: CrashHarness,
  run: OperatorRun,
  fault: ProcessFault,
): Promise<readonly string[]> {
  const { stage } = run;
  const points = pointsFor(run, fault);
  const down: ManagedProcess[] = [];
  const ask = (some: readonly StartedUpgrade[]) =>
    Promise.all(some.map((upgrade) => run.ask(harness, upgrade)));
  // While all is well: the worker that is about to go down may be the one that works on every stage.
  const prepared = await Promise.all(points.map(() => run.prepare(harness)));
  const upgrades = prepared.flat();
  for (const [n, failpoint] of points.entries()) {
    const faulty = await harness.startFaultyWorker({ stage, failpoint }, fault);
    await ask(prepared[n] ?? []);
    await eventually(() =>
      Promise.resolve(
        expect({ failpoint, isDown: isDown(faulty) }).toEqual({ failpoint, isDown: true }),
      ),
    );
    down.push(faulty);
  }
  await harness.restartWorker({ stage });
  await harness.ended(upgrades, run.end);
  if (fault === 'stop') {
    down.forEach((worker) => worker.signal('SIGCONT'));
    const further = await run.prepare(harness);
    upgrades.push(...further);
    await ask(further);
    await harness.ended(upgrades, run.end);
    await Promise.all(down.map((worker) => worker.stop()));
  }
  return faultsAfter(harness, upgrades, run);
}

/** Frozen workers cost more time: a short run has one. */
function pointsFor({ failpoints }: OperatorRun, fault: ProcessFault): readonly string[] {
  if (fault === 'kill' || SIZES.everyStep) return failpoints;
  const middle = Math.floor(failpoints.length / 2);
  return failpoints.slice(middle, middle + 1);
}

async function faultsAfter(
  harness: CrashHarness,
  upgrades: readonly StartedUpgrade[],
  { builds }: OperatorRun,
): Promise<readonly string[]> {
  const ledger = await harness.lagoon.ledger();
  const faults = upgrades.map(async (upgrade) => {
    const { order } = upgrade;
    const ofUpgrade = markerOf(order).slice(0, -`${order.attempt}`.length);
    const count = (rows: Readonly<Record<string, readonly string[]>>) =>
      Object.entries(rows).flatMap(([name, found]) => (name.startsWith(ofUpgrade) ? found : []));
    const doubles = Object.entries(ledger.tasksByName).filter(
      ([name, found]) => name.startsWith(ofUpgrade) && found.length > 1,
    );
    const built = count(ledger.buildsByBulkName).length;
    const running = await harness.running(upgrade);
    return [
      ...(built > builds ? [`${ofUpgrade} has ${built} builds`] : []),
      ...doubles.map(([name, found]) => `${name} ran ${found.length} times`),
      ...running.map((name) => `${ofUpgrade}: ${name} still runs in Lagoon`),
      ...openIntents(await harness.history(upgrade)).map((type) => `${ofUpgrade}: open ${type}`),
    ];
  });
  return (await Promise.all(faults)).flat();
}
