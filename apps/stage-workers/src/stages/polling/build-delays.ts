import type { BuildAlarm } from '@uplift/domain';
import type { LagoonDeployment } from '@uplift/lagoon';
import type { Clock } from '@uplift/runtime';
import type { InstanceSession } from '../../runner/instance-session';
import { recordEnd, recordSight } from './build-report';

export interface DelayLimits {
  /** Until an accepted build shows in Lagoon, in ms. */
  readonly rowVisibleMs: number;
  /** Until a build that Lagoon does not show counts as vanished, in ms. */
  readonly buildVanishedMs: number;
  /** Until a build that was taken is queued, in ms. */
  readonly buildNotStartedMs: number;
}

/** Since when a build is not shown, or not begun, as far as the looks at it tell. */
export interface DelayMemory {
  missingSince: Moment | null;
  newSince: Moment | null;
}

interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

/** What a build keeps us waiting for: to be shown, or to be begun. Each is told of once. */
export class BuildDelays {
  constructor(
    private readonly session: InstanceSession,
    private readonly limits: DelayLimits,
    private readonly clock: Clock,
    private readonly memory: DelayMemory = { missingSince: null, newSince: null },
  ) {}

  /** The build is not among those that Lagoon shows. */
  async missing(buildName: string): Promise<void> {
    this.memory.missingSince ??= this.moment();
    const since = this.memory.missingSince;
    const waitedMs = this.clock.monotonic() - since.monotonic;
    if (waitedMs >= this.limits.buildVanishedMs) return this.vanished(buildName, waitedMs);
    if (waitedMs < this.limits.rowVisibleMs || this.isTold('not-visible')) return;
    const data = { ...this.session.attempt, buildName, since: iso(since.wall) };
    await recordSight(this.session, { type: 'ReportInvisibleBuild', data });
  }

  /** The build is shown, in a state in which it goes on. */
  async seen({ name: buildName, status, created }: LagoonDeployment): Promise<void> {
    this.memory.missingSince = null;
    if (status.toLowerCase() !== 'new') {
      this.memory.newSince = null;
      return;
    }
    this.memory.newSince ??= this.moment();
    const since = startOf(created, this.memory.newSince.wall);
    const waitedMs = Math.max(
      this.clock.monotonic() - this.memory.newSince.monotonic,
      this.clock.wall() - since,
    );
    if (waitedMs < this.limits.buildNotStartedMs || this.isTold('not-started')) return;
    const data = { ...this.session.attempt, buildName, status, since: iso(since) };
    await recordSight(this.session, { type: 'ReportUnstartedBuild', data });
  }

  private async vanished(buildName: string, waitedMs: number): Promise<void> {
    const lastStatus = this.session.deployment?.status ?? null;
    const evidence = { buildName, lastStatus, missingForMs: Math.round(waitedMs) };
    const data = { ...this.session.attempt, buildName, evidence };
    await recordEnd(this.session, { type: 'DeclareOutcomeUnknown', data });
  }

  private isTold(alarm: BuildAlarm): boolean {
    return this.session.deployment?.alarms.includes(alarm) ?? true;
  }

  private moment(): Moment {
    return { monotonic: this.clock.monotonic(), wall: this.clock.wall() };
  }
}

function startOf(created: string | null, firstSeen: number): number {
  const at = created === null ? Number.NaN : Date.parse(created);
  return Number.isNaN(at) ? firstSeen : Math.min(at, firstSeen);
}

function iso(wall: number): string {
  return new Date(wall).toISOString();
}
