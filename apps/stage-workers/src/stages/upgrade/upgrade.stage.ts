import type { Lagoon } from '@uplift/lagoon';
import type { InstanceCursor, Submission } from '../../runner/instance-cursor';
import type { StageTurn } from '../../runner/stage-handler.port';
import { StageHandler } from '../../runner/stage-handler.port';
import type { Finding, ReconcileOptions } from './call-reconciler';
import { reconcile } from './call-reconciler';
import type { DeployCallOptions } from './deploy-call';
import { callLagoon } from './deploy-call';

export type UpgradeStageOptions = ReconcileOptions & DeployCallOptions;

/**
 * Triggers the deployment: intent first, then one call; a call whose outcome is not known is looked up
 * by its marker before anything is repeated.
 */
export class UpgradeStage extends StageHandler {
  readonly stage = 'upgrade';

  constructor(
    private readonly lagoon: Lagoon,
    private readonly options: UpgradeStageOptions,
    private readonly worker: string,
  ) {
    super();
  }

  async run({ cursor, signal }: StageTurn): Promise<void> {
    const { upgradeId, attempt } = cursor.workOrder;
    const { worker } = this;
    let intentAt = performance.now();
    let isOurs = await appended(
      cursor.submit({
        type: 'RequestDeployment',
        data: { upgradeId, attempt, worker, bulkId: null },
      }),
    );
    while (cursor.deployment !== null && cursor.deployment.buildName === null) {
      if (isOurs && (await this.call(cursor, { intentAt, stop: signal }))) return;
      const finding = await reconcile(this.lagoon, cursor.workOrder, this.options, signal);
      intentAt = performance.now();
      isOurs = await this.record(cursor, finding);
    }
  }

  /** True if the answer settles the matter. */
  private async call(
    cursor: InstanceCursor,
    lease: { readonly intentAt: number; readonly stop: AbortSignal },
  ): Promise<boolean> {
    const { upgradeId, attempt } = cursor.workOrder;
    const callNo = cursor.deployment?.callNo ?? 1;
    const answer = await callLagoon(this.lagoon, cursor.workOrder, lease, this.options);
    if (answer.kind === 'accepted') {
      const { buildName } = answer;
      await cursor.submit({ type: 'AcceptDeployment', data: { upgradeId, attempt, buildName } });
      return true;
    }
    if (answer.kind !== 'refused') return false;
    const { cause, reason: detail, retryable } = answer;
    const failure = { reason: 'deployment-refused', evidence: { cause, detail }, retryable };
    await cursor.submit({
      type: 'RefuseDeployment',
      data: { upgradeId, attempt, callNo, ...failure },
    });
    return true;
  }

  /** True if the next call is ours to make. */
  private async record(cursor: InstanceCursor, finding: Finding): Promise<boolean> {
    const { upgradeId, attempt } = cursor.workOrder;
    if (finding.kind === 'landed') {
      await adopt(cursor, finding.newest.name, finding.all);
      return false;
    }
    const callNo = cursor.deployment?.callNo ?? 0;
    const { lookUps, waitedMs } = finding;
    const evidence = { lookUps, waitedMs };
    const { worker } = this;
    return appended(
      cursor.submit({
        type: 'RepeatDeployment',
        data: { upgradeId, attempt, callNo, evidence, worker, bulkId: null },
      }),
    );
  }
}

async function adopt(
  cursor: InstanceCursor,
  buildName: string,
  builds: readonly string[],
): Promise<void> {
  const { upgradeId, attempt } = cursor.workOrder;
  if (builds.length > 1) {
    await cursor.submit({ type: 'RecordDuplicateBuilds', data: { upgradeId, attempt, builds } });
  }
  await cursor.submit({ type: 'AcceptDeployment', data: { upgradeId, attempt, buildName } });
}

async function appended(submission: Promise<Submission>): Promise<boolean> {
  return (await submission) === 'appended';
}
