import { setTimeout as pause } from 'node:timers/promises';
import {
  emptyDatabase,
  restoreDatabase,
  restoreStore,
  rollBackBus,
  truncateBus,
  wipeBus,
  wipeBusNode,
} from './copy-faults';
import type { FaultKind, PlannedFault } from './fault-plan';
import { touchSame } from './fault-plan';
import {
  cutLink,
  fillDisk,
  halfOpenLink,
  lagoonLies,
  lagoonOutage,
  slowLink,
} from './outside-faults';
import type { Inject } from './process-faults';
import {
  freezeLeader,
  freezeProcess,
  killAll,
  killLeader,
  killProcess,
  resignLeader,
  restartAll,
  skewClock,
  startOlderBuild,
} from './process-faults';
import type { Rig } from './rig';

const INJECT: Readonly<Record<FaultKind, Inject>> = {
  'kill-service': killProcess,
  'freeze-service': freezeProcess,
  'kill-store': killProcess,
  'freeze-store': freezeProcess,
  'kill-database': killProcess,
  'freeze-database': freezeProcess,
  'kill-bus-leader': killLeader,
  'freeze-bus-leader': freezeLeader,
  'resign-bus-leader': resignLeader,
  'wipe-bus-node': wipeBusNode,
  'wipe-bus': wipeBus,
  'truncate-bus': truncateBus,
  'roll-back-bus': rollBackBus,
  'freeze-lagoon': freezeProcess,
  'lagoon-outage': lagoonOutage,
  'lagoon-lies': lagoonLies,
  'cut-link': cutLink,
  'half-open-link': halfOpenLink,
  'slow-link': slowLink,
  'empty-database': emptyDatabase,
  'restore-database': restoreDatabase,
  'restore-store': restoreStore,
  'full-store-disk': fillDisk,
  'full-bus-disk': fillDisk,
  'full-database-disk': fillDisk,
  'skew-clock': skewClock,
  'older-build': startOlderBuild,
  'restart-all': restartAll,
  'kill-all': killAll,
};

/** A fault that was carried out; times are of `performance.now()`. */
export interface CarriedOut {
  readonly fault: PlannedFault;
  readonly begunAt: number;
  /** Nothing is wrong any more on its account. */
  healedAt: number | null;
  /** Instances with an upgrade in flight when it began. */
  readonly inFlight: readonly string[];
  /** Why it could not be carried out or healed. */
  error: string | null;
}

/** Carries out a plan of faults, as many at once as the plan says. */
export class Nemesis {
  readonly done: CarriedOut[] = [];

  constructor(
    private readonly rig: Rig,
    /** Instances that upgrades are asked of. */
    private readonly instanceIds: () => readonly string[],
  ) {}

  /**
   * Resolves when every fault is healed. One that takes longer than planned holds up those it must not meet; none begins
   * after `lastMs`.
   */
  async run(plan: readonly PlannedFault[], lastMs: number): Promise<void> {
    const begunAt = performance.now();
    const isLate = () => performance.now() - begunAt > lastMs;
    const begun: { readonly fault: PlannedFault; readonly ended: Promise<void> }[] = [];
    for (const fault of plan) {
      await pause(Math.max(0, begunAt + fault.atMs - performance.now()));
      const before = begun.filter((other) => touchSame(other.fault, fault));
      const ended = Promise.all(before.map((other) => other.ended)).then(() =>
        isLate() ? undefined : this.carryOut(fault),
      );
      begun.push({ fault, ended });
    }
    await Promise.all(begun.map(({ ended }) => ended));
  }

  private async carryOut(fault: PlannedFault): Promise<void> {
    const { rig } = this;
    const inFlight = rig.log.inFlight(this.instanceIds());
    const entry: CarriedOut = {
      fault,
      begunAt: performance.now(),
      healedAt: null,
      inFlight,
      error: null,
    };
    this.done.push(entry);
    try {
      const heal = await INJECT[fault.kind](rig, fault);
      await pause(fault.lastsMs);
      await heal();
    } catch (error) {
      entry.error = error instanceof Error ? error.message : String(error);
    }
    entry.healedAt = performance.now();
  }
}
