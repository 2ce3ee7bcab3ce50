import type { Lagoon, LagoonDeployment } from '@uplift/lagoon';
import { completedWithWarnings, deploymentPhase } from '@uplift/lagoon';
import type { InstanceCursor } from '../../runner/instance-cursor';
import { LongWaitError } from '../../runner/long-wait.error';
import type { StageTurn } from '../../runner/stage-handler.port';
import { StageHandler } from '../../runner/stage-handler.port';
import type { DeploymentPoller } from './deployment-poller';
import { supersederOf } from './superseder';
import { buildTimes } from './build-times';

/** Follows one build to its end, and turns what Lagoon says into events: each change once. */
export class PollUpgradeStage extends StageHandler {
  readonly stage = 'poll-upgrade';

  constructor(
    private readonly lagoon: Lagoon,
    private readonly poller: DeploymentPoller,
    /** How long a build is followed at a stretch, in ms. */
    private readonly patienceMs: number,
  ) {
    super();
  }

  /** Resolves when the build has ended: until then the message stays in hand. */
  async run({ cursor, isRedelivery, signal }: StageTurn): Promise<void> {
    if (isRedelivery) await cursor.reload();
    const { located } = cursor.workOrder;
    const buildName = cursor.deployment?.buildName ?? null;
    if (located === null || buildName === null) return;
    await this.follow(cursor, located.environmentId, buildName, signal);
  }

  private async follow(
    cursor: InstanceCursor,
    environmentId: number,
    buildName: string,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = deferred();
    const unwatch = this.poller.watch(environmentId, buildName, async (row) => {
      try {
        const isOver = row !== null && (await this.observe(cursor, row));
        if (isOver) resolve();
        return isOver;
      } catch (error) {
        reject(error);
        return true;
      }
    });
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    const overlong = () => reject(new LongWaitError(`${buildName} has not ended yet`));
    const timer = setTimeout(overlong, this.patienceMs);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      unwatch();
      signal.removeEventListener('abort', stop);
    }
  }

  /** True if there is nothing more to wait for. */
  private async observe(cursor: InstanceCursor, row: LagoonDeployment): Promise<boolean> {
    switch (deploymentPhase(row.status)) {
      case 'active':
        return this.progress(cursor, row);
      case 'complete':
        return this.complete(cursor, row, null);
      case 'failed':
        return this.fail(cursor, 'deployment-failed', row);
      case 'cancelled':
        return this.cancelled(cursor, row);
    }
  }

  private async progress(cursor: InstanceCursor, row: LagoonDeployment): Promise<boolean> {
    const { upgradeId, attempt } = cursor.workOrder;
    const { status, buildStep } = row;
    await cursor.submit({
      type: 'ProgressDeployment',
      data: { upgradeId, attempt, status, buildStep },
    });
    return !cursor.isIn('upgrade-running');
  }

  private async complete(
    cursor: InstanceCursor,
    row: LagoonDeployment,
    supersededBy: string | null,
  ): Promise<boolean> {
    const { upgradeId, attempt } = cursor.workOrder;
    const warnings = completedWithWarnings(row.buildStep);
    const outcome = { buildName: row.name, warnings, ...buildTimes(row), supersededBy };
    await cursor.submit({ type: 'CompleteUpgrade', data: { upgradeId, attempt, ...outcome } });
    return true;
  }

  private async fail(
    cursor: InstanceCursor,
    reason: string,
    row: LagoonDeployment,
  ): Promise<boolean> {
    const { upgradeId, attempt } = cursor.workOrder;
    const { name: buildName, status, buildStep } = row;
    const failure = { reason, evidence: { buildName, status, buildStep }, retryable: true };
    await cursor.submit({ type: 'FailUpgrade', data: { upgradeId, attempt, ...failure } });
    return true;
  }

  /** Nobody here asked for it: a newer build took the place of ours, or somebody stopped it. */
  private async cancelled(cursor: InstanceCursor, row: LagoonDeployment): Promise<boolean> {
    const { located } = cursor.workOrder;
    const newer = located && (await supersederOf(this.lagoon, located.environmentId, row));
    if (newer === null) return this.fail(cursor, 'deployment-cancelled', row);
    switch (deploymentPhase(newer.status)) {
      case 'active':
        return false;
      case 'complete':
        return this.complete(cursor, { ...newer, name: row.name }, newer.name);
      default:
        return this.fail(cursor, 'superseding-deployment-failed', newer);
    }
  }
}

function deferred() {
  let resolve: () => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<void>((onDone, onError) => {
    resolve = onDone;
    reject = onError;
  });
  return { promise, resolve, reject };
}
