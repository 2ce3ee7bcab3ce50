import { SeededRandomness } from '@uplift/runtime/testing';
import type { ServiceName } from '../../tools/stack/src';

export const SERVICES = [
  'command-api',
  'relay',
  'projector',
  'pre-upgrade',
  'upgrade',
  'poll-upgrade',
  'post-upgrade',
  'watchdog',
] as const satisfies readonly ServiceName[];

export const SERVERS = ['eventstore', 'nats', 'postgres', 'lagoon'] as const;
export type ServerName = (typeof SERVERS)[number];

/** Which servers a service speaks to. */
const LINKS: readonly `${ServiceName}>${ServerName}`[] = [
  ...SERVICES.flatMap((service) => [`${service}>eventstore`, `${service}>nats`] as const),
  'projector>postgres',
  'pre-upgrade>lagoon',
  'upgrade>lagoon',
  'poll-upgrade>lagoon',
  'post-upgrade>lagoon',
];

type Range = readonly [least: number, most: number];

interface FaultRow {
  /** What it may hit. */
  readonly targets: readonly string[];
  /** Shortest and longest time until it is healed. */
  readonly lastsMs: Range;
  /** What no other fault may touch meanwhile; the target if absent. A path is held with all below it. */
  readonly holds?: readonly string[];
  /** What it cannot do without. */
  readonly needs?: FaultNeed;
}

/** Root may mount small file systems; the older build has to be in the clone. */
export type FaultNeed = 'root' | 'older-build';

const BUS_NODE = ['nats/node'];
const SHORT = [1_000, 4_000] as const;
const LONG = [3_000, 10_000] as const;

/** One row per kind of fault. */
export const FAULTS = {
  'kill-service': { targets: SERVICES, lastsMs: SHORT },
  'freeze-service': { targets: SERVICES, lastsMs: LONG },
  'kill-store': { targets: ['eventstore'], lastsMs: SHORT },
  'freeze-store': { targets: ['eventstore'], lastsMs: LONG },
  'kill-database': { targets: ['postgres'], lastsMs: SHORT },
  'freeze-database': { targets: ['postgres'], lastsMs: LONG },
  'kill-bus-leader': { targets: ['leader'], lastsMs: SHORT, holds: BUS_NODE },
  'freeze-bus-leader': { targets: ['leader'], lastsMs: LONG, holds: BUS_NODE },
  'resign-bus-leader': { targets: ['leader'], lastsMs: SHORT, holds: BUS_NODE },
  'wipe-bus-node': { targets: ['follower'], lastsMs: SHORT, holds: BUS_NODE },
  'wipe-bus': { targets: ['nats'], lastsMs: SHORT },
  'truncate-bus': { targets: ['nats'], lastsMs: SHORT },
  'roll-back-bus': { targets: ['nats'], lastsMs: LONG },
  'freeze-lagoon': { targets: ['lagoon'], lastsMs: LONG },
  'lagoon-outage': { targets: ['lagoon'], lastsMs: LONG },
  'lagoon-lies': { targets: ['lagoon'], lastsMs: LONG },
  'cut-link': { targets: LINKS, lastsMs: LONG },
  'half-open-link': { targets: LINKS, lastsMs: LONG },
  'slow-link': { targets: LINKS, lastsMs: LONG },
  'empty-database': { targets: ['postgres'], lastsMs: SHORT },
  'restore-database': { targets: ['postgres'], lastsMs: LONG },
  'restore-store': {
    targets: ['eventstore'],
    lastsMs: SHORT,
    holds: ['eventstore', 'nats', 'postgres'],
  },
  'full-store-disk': { targets: ['eventstore'], lastsMs: LONG, needs: 'root' },
  'full-bus-disk': { targets: ['nats'], lastsMs: LONG, needs: 'root' },
  'full-database-disk': { targets: ['postgres'], lastsMs: LONG, needs: 'root' },
  'skew-clock': { targets: [...SERVICES, 'eventstore'], lastsMs: LONG },
  'older-build': { targets: SERVICES, lastsMs: LONG, needs: 'older-build' },
  'restart-all': { targets: ['everything'], lastsMs: SHORT, holds: [''] },
  'kill-all': { targets: ['everything'], lastsMs: SHORT, holds: [''] },
} as const satisfies Record<string, FaultRow>;

export type FaultKind = keyof typeof FAULTS;
export const FAULT_KINDS = Object.keys(FAULTS) as readonly FaultKind[];

export interface PlannedFault {
  readonly kind: FaultKind;
  readonly target: string;
  /** From the begin of the load on. */
  readonly atMs: number;
  readonly lastsMs: number;
  /** Decides what the kind leaves open, such as which way a clock jumps. */
  readonly dice: number;
}

export interface PlanOptions {
  readonly seed: number;
  readonly forMs: number;
  /** All if absent. */
  readonly kinds?: readonly FaultKind[];
  /** 1, or below it: shorter faults, and more of them. */
  readonly pace: number;
}

/** Upgrades are under way by then. */
const FIRST_AT_MS = 4_000;
/** Pause between two begins. */
const PAUSE_MS = [500, 2_500] as const;
/** After a fault of the whole some time belongs to what it left. */
const ALONE_MS = 2_000;

/** Follows from the seed alone. Every kind has its turn before one comes again. */
export function planFaults(options: PlanOptions): PlannedFault[] {
  const { seed, forMs, kinds = FAULT_KINDS, pace } = options;
  const dice = new Dice(seed);
  const msOf = (range: Range) => Math.round(pace * dice.between(...range));
  const plan: PlannedFault[] = [];
  let bag: FaultKind[] = [];
  let atMs = FIRST_AT_MS;
  while (kinds.length > 0) {
    if (bag.length === 0) bag = dice.shuffled(kinds);
    const kind = bag.pop()!;
    const { targets, lastsMs }: FaultRow = FAULTS[kind];
    const fault = { kind, target: dice.oneOf(targets), lastsMs: msOf(lastsMs) };
    const freeAt = freeFrom(plan, fault);
    const next = { ...fault, atMs: Math.max(atMs, freeAt), dice: dice.between(0, 999) };
    if (next.atMs + next.lastsMs > forMs) break;
    plan.push(next);
    atMs = next.atMs + msOf(PAUSE_MS);
  }
  return plan;
}

/** When nothing that the fault touches is held by another. */
function freeFrom(plan: readonly PlannedFault[], fault: Touching): number {
  const ends = plan
    .filter((other) => touchSame(other, fault))
    .map(({ atMs, lastsMs }) => atMs + lastsMs + ALONE_MS);
  return Math.max(0, ...ends);
}

type Touching = Pick<PlannedFault, 'kind' | 'target'>;

/** Whether two faults must not meet. */
export function touchSame(one: Touching, other: Touching): boolean {
  return holdsOf(one).some((mine) => holdsOf(other).some((yours) => isSame(mine, yours)));
}

function holdsOf({ kind, target }: Touching): readonly string[] {
  const { holds = [target] }: FaultRow = FAULTS[kind];
  return holds;
}

/** A path and whatever is below it. */
function isSame(one: string, other: string): boolean {
  const isBelow = (path: string, above: string) =>
    above === '' || `${path}/`.startsWith(`${above}/`);
  return isBelow(one, other) || isBelow(other, one);
}

export class Dice {
  private readonly random: SeededRandomness;

  constructor(seed: number) {
    this.random = new SeededRandomness(seed);
  }

  /** A whole number of both ends and what is between them. */
  between(least: number, most: number): number {
    return least + Math.floor(this.random.fraction() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.random.fraction() < probability;
  }

  oneOf<T>(items: readonly T[]): T {
    return items[this.between(0, items.length - 1)]!;
  }

  shuffled<T>(items: readonly T[]): T[] {
    const left = [...items];
    return items.map(() => left.splice(this.between(0, left.length - 1), 1)[0]!);
  }
}

export function neededBy(kind: FaultKind): FaultNeed | undefined {
  const { needs }: FaultRow = FAULTS[kind];
  return needs;
}
