import type { WorkerCommand } from '@uplift/domain';
import type { LagoonDeployment } from '@uplift/lagoon';
import { deploymentPhase } from '@uplift/lagoon';
import type { WatchPace } from '../../poller/deployment-watcher';
import type { InstanceSession } from '../../runner/instance-session';
import type { BuildDelays } from './build-delays';
import { cancellation, completed, failed, recordEnd, recordSight } from './build-report';

/** Lagoon's word for a build that it has not begun. */
export const NEW = 'new';
const WAITING = [NEW, 'queued'];

/** What the rows of an environment say about one attempt's build: each change once, and one end. */
export class BuildReading {
  constructor(
    private readonly session: InstanceSession,
    private readonly delays: BuildDelays,
  ) {}

  /** @param rows newest first */
  async observe(rows: readonly LagoonDeployment[]): Promise<WatchPace> {
    const { session } = this;
    if (session.deployment === null) return 'over';
    const { buildName } = session.deployment;
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
        return this.end(completed(this.session.workOrder, row, row));
      case 'failed':
        return this.end(failed(this.session.workOrder, 'deployment-failed', row));
      case 'cancelled':
        return this.cancelled(row, rows);
    }
  }

  private async progress({ status, buildStep }: LagoonDeployment): Promise<WatchPace> {
    const { attempt, deployment } = this.session;
    if (deployment?.status !== status || deployment.buildStep !== buildStep) {
      const data = { ...attempt, status, buildStep };
      await recordSight(this.session, { type: 'ProgressDeployment', data });
    }
    return paceOf(status);
  }

  /** The stream tells whether it was asked for: only then it is a cancel and no mishap. */
  private async cancelled(
    row: LagoonDeployment,
    rows: readonly LagoonDeployment[],
  ): Promise<WatchPace> {
    await this.session.reload();
    const { upgrading } = this.session;
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
    const { workOrder, attempt, deployment } = this.session;
    if (deployment?.supersededBy !== newer.name) {
      const data = { ...attempt, by: newer.name };
      await recordSight(this.session, { type: 'SupersedeDeployment', data });
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

  private async end(command: WorkerCommand): Promise<WatchPace> {
    await recordEnd(this.session, command);
    return 'active';
  }
}

export function paceOf(status: string): WatchPace {
  return WAITING.includes(status.toLowerCase()) ? 'queued' : 'active';
}

/** The newest build that came after ours in the same environment; null if ours is still the last. */
export function supersederOf(
  ours: LagoonDeployment,
  rows: readonly LagoonDeployment[],
): LagoonDeployment | null {
  const newer = rows.filter(({ id }) => id > ours.id).sort((one, other) => other.id - one.id);
  return newer[0] ?? null;
}
