import type { Randomness } from '@uplift/runtime';
import { SeededRandomness } from '@uplift/runtime/testing';
import type { FaultName } from './faults';
import { FAULT_NAMES } from './faults';
import type { Stage } from './fleet-view';
import { STAGES } from './fleet-view';
import type { SimulatedInstance, Step } from './operators';
import { STEPS } from './operators';
import type { ServiceName } from './services';

export type Layout = readonly (readonly [ServiceName, number])[];

export interface PlannedFault {
  readonly kind: 'fault';
  readonly fault: FaultName;
  /** The stage in which it is to meet an upgrade. */
  readonly stage: Stage;
  /** It begins with the nth event of this type, a while later, in milliseconds. */
  readonly on: string;
  readonly nth: number;
  readonly delayMs: number;
  readonly forMs: number;
  /** Of what it decides while it lasts. */
  readonly seed: number;
}

export interface PlannedStep {
  readonly kind: 'step';
  readonly step: Step;
  readonly atMs: number;
  /** Which instance. */
  readonly instance: number;
}

export type Planned = PlannedFault | PlannedStep;

/** All that a run is made of, as its seed says. What is left out of `planned` does not happen. */
export interface Plan {
  readonly seed: number;
  readonly layout: Layout;
  readonly instances: readonly SimulatedInstance[];
  readonly planned: readonly Planned[];
}

/** Operators act up to here, in milliseconds. */
export const ACTIVE_MS = 35_000;
/** Events with which a stage has an upgrade, in each stage. */
export const MOMENTS: Readonly<Record<Stage, readonly string[]>> = {
  'pre-upgrade': ['UpgradeRequested', 'PreUpgradeStarted'],
  upgrade: ['UpgradePending', 'DeploymentRequested'],
  'poll-upgrade': ['DeploymentAccepted', 'DeploymentProgressed'],
  'post-upgrade': ['PostUpgradePending', 'PostUpgradeStarted'],
  verify: ['PostUpgradeCompleted'],
};

/** Every fault in every stage, each far from its neighbours: seeds that follow each other take them in turn. */
const CELLS = shuffled(
  FAULT_NAMES.flatMap((fault) => STAGES.map((stage) => [fault, stage] as const)),
);
const FAULTS_PER_SEED = 5;

export function planOf(seed: number): Plan {
  const randomness = new SeededRandomness(Math.imul(seed, 0x27d4eb2f) ^ 0x165667b1);
  const upTo = (limit: number) => Math.floor(randomness.fraction() * limit);
  const instances = Array.from({ length: 2 + upTo(3) }, (_, n) => ({
    instanceId: randomness.uuid(),
    project: `shop-${n + 1}`,
    hasScripts: randomness.fraction() < 0.6,
  }));
  const steps = Array.from({ length: instances.length + upTo(6) }, (_, n) =>
    plannedStep(randomness, n, instances.length),
  );
  const faults = Array.from({ length: FAULTS_PER_SEED }, (_, n) =>
    plannedFault(randomness, CELLS[(seed * FAULTS_PER_SEED + n) % CELLS.length]!),
  ).filter((_, n) => n === 0 || randomness.fraction() < 0.75);
  return { seed, layout: layoutOf(randomness), instances, planned: [...steps, ...faults] };
}

/** The first ones begin upgrades. */
function plannedStep(randomness: Randomness, n: number, instances: number): PlannedStep {
  const isTrigger = n < instances || randomness.fraction() < 0.3;
  return {
    kind: 'step',
    step: isTrigger ? 'triggerUpgrade' : oneOf(STEPS, randomness),
    atMs: Math.round(3_000 + (n < instances ? 8_000 : ACTIVE_MS - 3_000) * randomness.fraction()),
    instance: n < instances ? n : Math.floor(randomness.fraction() * instances),
  };
}

function plannedFault(
  randomness: Randomness,
  [fault, stage]: readonly [FaultName, Stage],
): PlannedFault {
  const isBrief = randomness.fraction() < 0.5;
  return {
    kind: 'fault',
    fault,
    stage,
    on: oneOf(MOMENTS[stage], randomness),
    nth: 1 + Math.floor(randomness.fraction() * 2),
    delayMs: Math.round((randomness.fraction() < 0.7 ? 20 : 1_500) * randomness.fraction()),
    forMs: Math.round((isBrief ? 3_000 : 15_000) * randomness.fraction()),
    seed: Math.floor(randomness.fraction() * 2 ** 32),
  };
}

function layoutOf(randomness: Randomness): Layout {
  const some = () => (randomness.fraction() < 0.7 ? 1 : 2);
  const edges = [
    ['command-api', some()],
    ['relay', some()],
    ['projector', some()],
  ] as const;
  if (randomness.fraction() < 0.5) return [...edges, ['all-stages', some()]];
  const stages = ['pre-upgrade', 'upgrade', 'poll-upgrade', 'post-upgrade'] as const;
  return [...edges, ...stages.map((stage) => [stage, some()] as const), ['watchdog', 1]];
}

function oneOf<T>(all: readonly T[], randomness: Randomness): T {
  return all[Math.floor(randomness.fraction() * all.length)]!;
}

function shuffled<T>(all: readonly T[]): readonly T[] {
  const randomness = new SeededRandomness(1);
  const lots = all.map((each) => [randomness.fraction(), each] as const);
  return lots.sort(([one], [other]) => one - other).map(([, each]) => each);
}
