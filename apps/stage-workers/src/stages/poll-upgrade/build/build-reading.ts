import type { LagoonDeployment } from '@uplift/lagoon';
import { deploymentPhase } from '@uplift/lagoon';
import type { InstanceCursor } from '../../../runner/instance-cursor';
import type { BuildDelays } from './build-delays';
import { cancellation, completed, failed } from './build-outcome';
import { recordEnd, recordSight } from './build-record';
import type { WatchPace } from '../poller/deployment-watcher';
import { supersederOf } from './superseder';

const WAITING = ['new', 'queued'];

/** What the rows of an environment say about one attempt's build: each change once, and one end. */
export class BuildReading {
  constructor(
    private readonly cursor: InstanceCursor,
    private readonly delays: BuildDelays,
  ) {}

  /** @param rows newest first */
  async observe(rows: readonly LagoonDeployment[]): Promise<WatchPace> {
    const { cursor } = this;
    if (cursor.deployment === null) return 'over';
    const { buildName } = cursor.deployment;
    const row = rows.find(({ name }) => name === buildName);
    if (row === undefined) {
      await this.delays.missing(buildName);
      return 'active';
    }
    await this.delays.seen(row);
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
