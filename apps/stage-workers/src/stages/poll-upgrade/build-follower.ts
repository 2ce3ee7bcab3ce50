import { markerOf } from '@uplift/domain';
import type { LocatedEnvironment } from '@uplift/domain';
import type { LagoonCircuitOpenError, LagoonDeployment } from '@uplift/lagoon';
import { deploymentPhase } from '@uplift/lagoon';
import type { InstanceCursor } from '../../runner/instance-cursor';
import { endWait, recordOutage } from '../../runner/lagoon-wait';
import type { BuildDelays } from './build-delays';
import { cancellation, completed, failed } from './build-outcome';
import { recordEnd, recordSight } from './build-record';
import type { DeploymentWatcher, WatchPace, WatchTarget } from './deployment-watcher';
import type { DuplicateBuilds } from './duplicate-builds';
import { supersederOf } from './superseder';

export interface FollowedBuild {
  readonly located: LocatedEnvironment;
  /** Milliseconds since 1970. */
  readonly acceptedAt: number;
  readonly duplicates: DuplicateBuilds;
  readonly delays: BuildDelays;
}

const WAITING = ['new', 'queued'];

/** Turns what Lagoon shows of one attempt's build into events: each change once, and one end. */
export class BuildFollower implements DeploymentWatcher {
  /** Resolves when there is nothing more to wait for; rejects if it could not be recorded. */
  readonly ended: Promise<void>;
  private resolve: () => void = () => undefined;
  private reject: (reason: unknown) => void = () => undefined;

  constructor(
    private readonly cursor: InstanceCursor,
    private readonly build: FollowedBuild,
  ) {
    this.ended = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  get core(): string {
    return this.cursor.workOrder.profile.core;
  }

  get acceptedAt(): number {
    return this.build.acceptedAt;
  }

  get target(): WatchTarget {
    const { workOrder, deployment } = this.cursor;
    const isOfWave = deployment?.bulkId != null && deployment.supersededBy === null;
    return {
      environmentId: this.build.located.environmentId,
      buildName: deployment?.buildName ?? '',
      marker: markerOf(workOrder),
      bulkId: isOfWave ? deployment.bulkId : null,
    };
  }

  async seen(rows: readonly LagoonDeployment[]): Promise<WatchPace> {
    return this.settling(async () => {
      await endWait(this.cursor);
      await this.build.duplicates.settle(rows);
      return this.observe(rows);
    });
  }

  async outage(error: LagoonCircuitOpenError): Promise<void> {
    await this.settling(async () => {
      await recordOutage(this.cursor, error, 'poll-upgrade');
      return 'active';
    });
  }

  /** Nothing more to wait for is also what cannot be recorded: the message comes back. */
  private async settling(work: () => Promise<WatchPace>): Promise<WatchPace> {
    try {
      const pace = await work();
      if (this.isFollowing) return pace;
      this.resolve();
    } catch (error) {
      this.reject(error);
    }
    return 'over';
  }

  private get isFollowing(): boolean {
    return this.cursor.isIn('upgrade-running') && this.cursor.deployment !== null;
  }

  private async observe(rows: readonly LagoonDeployment[]): Promise<WatchPace> {
    const { cursor } = this;
    if (cursor.deployment === null) return 'over';
    const { buildName } = cursor.deployment;
    const row = rows.find(({ name }) => name === buildName);
    if (row === undefined) {
      await this.build.delays.missing(buildName);
      return 'active';
    }
    await this.build.delays.seen(row);
    return this.conclude(row, rows);
  }

  private async conclude(
    row: LagoonDeployment,
    rows: readonly LagoonDeployment[],
  ): Promise<WatchPace> {
    switch (deploymentPhase(row.status)) {
      case 'active':
        return this.progress(row);
      case 'complete':
        return this.end(completed(this.cursor.workOrder, row, row));
      case 'failed':
        return this.end(failed(this.cursor.workOrder, 'deployment-failed', row));
      case 'cancelled':
        return this.cancelled(row, rows);
    }
  }

  private async progress({ status, buildStep }: LagoonDeployment): Promise<WatchPace> {
    const { workOrder, deployment } = this.cursor;
    const { upgradeId, attempt } = workOrder;
    if (deployment?.status !== status || deployment.buildStep !== buildStep) {
      const data = { upgradeId, attempt, status, buildStep };
      await recordSight(this.cursor, { type: 'ProgressDeployment', data });
    }
    return paceOf(status);
  }

  /** The stream tells whether it was asked for: only then it is a cancel and no mishap. */
  private async cancelled(
    row: LagoonDeployment,
    rows: readonly LagoonDeployment[],
  ): Promise<WatchPace> {
    await this.cursor.reload();
    const { upgrading } = this.cursor;
    if (upgrading === null) return 'over';
    // Another worker has adopted another build: that one counts.
    if (upgrading.deployment?.buildName !== row.name) return 'active';
    const newer = supersederOf(row, rows);
    if (upgrading.workOrder.cancelRequested === true || newer === null) {
      return this.end(cancellation(upgrading.workOrder, row));
    }
    return this.superseded(row, newer);
  }

  /** Never redeployed: what stands there in the end is what somebody else wanted. */
  private async superseded(row: LagoonDeployment, newer: LagoonDeployment): Promise<WatchPace> {
    const { workOrder, deployment } = this.cursor;
    const { upgradeId, attempt } = workOrder;
    if (deployment?.supersededBy !== newer.name) {
      const data = { upgradeId, attempt, by: newer.name };
      await recordSight(this.cursor, { type: 'SupersedeDeployment', data });
    }
    switch (deploymentPhase(newer.status)) {
      case 'active':
        return paceOf(newer.status);
      case 'complete':
        return this.end(completed(workOrder, row, newer));
      default:
        return this.end(failed(workOrder, 'superseding-deployment-failed', newer));
    }
  }

  private async end(command: Parameters<typeof recordEnd>[1]): Promise<WatchPace> {
    await recordEnd(this.cursor, command);
    return 'active';
  }
}

function paceOf(status: string): WatchPace {
  return WAITING.includes(status.toLowerCase()) ? 'queued' : 'active';
}
