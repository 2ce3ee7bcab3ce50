import type { TailedInstanceEvent } from '@uplift/event-store';
import type { Clock } from '@uplift/runtime';
import type { LimitsOf } from '../../admission/core-usage.projection';
import { CoreUsageProjection } from '../../admission/core-usage.projection';
import { outageTargets } from '../../runner/lagoon-outages';
import { EventClock } from '../../store/event-clock';
import type { OpenWait, RunningDeadline } from './deadlines.projection';
import { OutageProjection } from './outages.projection';

export interface WaitReasonsOptions {
  readonly limitsOf: LimitsOf;
  /** For how long a reason still counts after it has passed, in ms. */
  readonly graceMs?: number;
  readonly clock: Clock;
}

const GRACE_MS = 60_000;

/**
 * Why nothing happens to an instance that no worker holds: its core is away, or has no room. Told by events alone,
 * and by none that the watchdog wrote.
 */
export class WaitReasons {
  private readonly outages = new OutageProjection();
  private readonly admission: CoreUsageProjection;
  private readonly clock: EventClock;
  private readonly graceMs: number;

  constructor({ limitsOf, graceMs = GRACE_MS, clock }: WaitReasonsOptions) {
    this.admission = new CoreUsageProjection(limitsOf);
    this.clock = new EventClock(clock);
    this.graceMs = graceMs;
  }

  record(event: TailedInstanceEvent): void {
    this.clock.observe(event.at);
    this.outages.record(event);
    this.admission.record(event);
  }

  /** Null if nothing explains it. */
  of(row: RunningDeadline): OpenWait | null {
    const { core } = row.order.profile;
    for (const target of outageTargets(core)) {
      const outage = this.outages.latestToldByOthers(target, row.instanceId);
      if (outage !== null && this.isRecent(outage.endedAt)) return { target, since: outage.since };
    }
    if (!this.isHeldBack(row)) return null;
    return { target: admissionTarget(core), since: new Date(row.since).toISOString() };
  }

  /** Whether what an instance waits for has been there for a while, and nobody has told the instance. */
  isOver(row: RunningDeadline): boolean {
    const { core } = row.order.profile;
    const target = row.waitingFor?.target;
    if (this.isRecent(row.touchedAt)) return false;
    if (target === admissionTarget(core)) return !this.isHeldBack(row);
    if (target === undefined || !outageTargets(core).includes(target)) return false;
    const outage = this.outages.latest(target);
    return outage === null || !this.isRecent(outage.endedAt);
  }

  /** How long an instance has waited, in whole ms. */
  waitedMs({ since }: OpenWait): number {
    return Math.max(0, Math.round(this.clock.now() - Date.parse(since)));
  }

  private isHeldBack({ status, order }: RunningDeadline): boolean {
    return (
      status === 'pending-upgrade' && this.isRecent(this.admission.shutUntil(order.profile.core))
    );
  }

  /** Null and Infinity: it goes on. */
  private isRecent(at: number | null): boolean {
    return at === null || this.clock.now() - at < this.graceMs;
  }
}

/** What an attempt waits for while its Lagoon core has no room. */
function admissionTarget(core: string): string {
  return `admission:${core}`;
}
