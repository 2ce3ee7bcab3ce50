import type { SystemView } from '@uplift/domain';
import { ALL_STARTS_ALLOWED, evolveSystemView } from '@uplift/domain';
import type { TailedInstanceEvent, TailedSystemEvent, TailFold } from '@uplift/event-store';
import { foldOfValue } from '@uplift/event-store';
import type { Clock } from '@uplift/runtime';
import { admissionTarget } from '../../admission/core-queue';
import type { LimitsOf } from '../../admission/core-limits';
import { CoreUsageProjection } from '../../admission/core-usage.projection';
import type { NameOf } from '../../admission/starts-switch';
import { stoppedStarts } from '../../admission/starts-switch';
import { outageTargets } from '../../runner/lagoon-outages';
import { EventClock } from '../../store/event-clock';
import type { OpenWait, ToldWait } from './deadline-row';
import type { RunningDeadline } from './deadlines.projection';
import { OutageProjection } from './outages.projection';

export interface WaitReasonsOptions {
  readonly limitsOf: LimitsOf;
  /** What `limitsOf` goes by, for checkpoints. */
  readonly limits?: unknown;
  readonly nameOf: NameOf;
  /** For how long a reason still counts after it has passed, in ms. */
  readonly graceMs?: number;
  readonly clock: Clock;
}

const GRACE_MS = 60_000;
/** A wait that lasts is told again this often. */
const STILL_WAITING_MS = 1_800_000;

/**
 * Why nothing happens to an instance that no worker holds: starts are stopped, its core is away, or has no room. Told
 * by events alone, and by none that the watchdog wrote.
 */
export class WaitReasons {
  private readonly outages = new OutageProjection();
  private readonly admission: CoreUsageProjection;
  private switches: SystemView = ALL_STARTS_ALLOWED;
  private readonly clock: EventClock;
  private readonly graceMs: number;
  private readonly nameOf: NameOf;

  constructor({ limitsOf, limits, nameOf, graceMs = GRACE_MS, clock }: WaitReasonsOptions) {
    this.admission = new CoreUsageProjection(limitsOf, limits);
    this.clock = new EventClock(clock);
    this.graceMs = graceMs;
    this.nameOf = nameOf;
  }

  /** For checkpoints. */
  get folds(): readonly TailFold[] {
    const switches = foldOfValue(
      { name: 'switches', version: 1 },
      () => this.switches,
      (known) => (this.switches = known ?? ALL_STARTS_ALLOWED),
    );
    return [this.outages, this.admission, switches, this.clock.fold('time of waits')];
  }

  /** Time goes on with every event of the store, of whatever kind. */
  hear(at: number): void {
    this.clock.observe(at);
  }

  record(event: TailedInstanceEvent): void {
    this.hear(event.at);
    this.outages.record(event);
    this.admission.record(event);
  }

  forget(instanceId: string, at: number): void {
    this.outages.forget(instanceId, at);
    this.admission.forget(instanceId, at);
  }

  /** Its word counts no more here; the room that it takes is taken for admission, too. */
  giveUp(instanceId: string, at: number): void {
    this.outages.giveUp(instanceId, at);
  }

  recordSwitch(event: TailedSystemEvent): void {
    this.clock.observe(event.at);
    this.switches = evolveSystemView(this.switches, event);
  }

  /** Null if nothing explains it. */
  of(row: RunningDeadline): OpenWait | null {
    const { core } = row.order.profile;
    const stopped = this.switchAt(row);
    if (stopped !== null) return stopped;
    for (const target of outageTargets(core)) {
      const outage = this.outages.latestToldByOthers(target, row.instanceId);
      if (outage !== null && this.isRecent(outage.endedAt)) return { target, since: outage.since };
    }
    if (!this.isHeldBack(row)) return null;
    return {
      target: admissionTarget(core),
      since: timeOf(row.since),
      ...this.queued(row),
    };
  }

  /** Whether what an instance waits for has been there for a while, and nobody has told the instance. */
  isOver(row: RunningDeadline): boolean {
    const { core } = row.order.profile;
    const target = row.waitingFor?.target;
    if (this.isRecent(row.touchedAt)) return false;
    if (target === admissionTarget(core)) return !this.isHeldBack(row);
    // Told by a worker it holds in every status: a call that is not repeated waits for it too.
    if (target?.startsWith('switch:'))
      return stoppedStarts(this.switches, core, this.nameOf) === null;
    return target !== undefined && outageTargets(core).includes(target) && this.hasEnded(target);
  }

  private hasEnded(target: string): boolean {
    const outage = this.outages.latest(target);
    return outage === null || !this.isRecent(outage.endedAt);
  }

  /** Where an instance stands that waits for admission, and when it is likely to be admitted. */
  queued({ instanceId }: RunningDeadline): Pick<OpenWait, 'place' | 'estimatedAt'> {
    const queued = this.admission.queued(instanceId, this.clock.now());
    if (queued === null) return {};
    const { place, estimatedAt } = queued;
    return { place, ...(estimatedAt === null ? {} : { estimatedAt: timeOf(estimatedAt) }) };
  }

  /** Whether a wait was not spoken of for long. */
  isQuiet({ toldAt }: ToldWait, now = this.clock.now()): boolean {
    return now - toldAt >= STILL_WAITING_MS;
  }

  /** How long an instance has waited, in whole ms. */
  waitedMs({ since }: OpenWait): number {
    return Math.max(0, Math.round(this.clock.now() - Date.parse(since)));
  }

  /** What has begun goes to its end, whatever the switch. */
  private switchAt(row: RunningDeadline): OpenWait | null {
    const { status, order } = row;
    if (!BEFORE_A_START.includes(status)) return null;
    const stopped = stoppedStarts(this.switches, order.profile.core, this.nameOf);
    if (stopped === null) return null;
    const { since, requestedBy, reason } = stopped.stop;
    return {
      target: stopped.target,
      since: timeOf(Math.max(since, row.since)),
      evidence: { requestedBy, reason },
    };
  }

  private isHeldBack({ instanceId, order }: RunningDeadline): boolean {
    return (
      this.admission.isQueued(instanceId) &&
      this.isRecent(this.admission.shutUntil(order.profile.core))
    );
  }

  /** Null and Infinity: it goes on. */
  isRecent(at: number | null): boolean {
    return at === null || this.clock.now() - at < this.graceMs;
  }
}

const BEFORE_A_START: readonly string[] = ['pending-pre-upgrade', 'pending-upgrade'];

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
