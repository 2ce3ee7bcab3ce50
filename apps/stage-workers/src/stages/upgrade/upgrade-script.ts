import type { OwnIntent } from '../../effects/effect-protocol';
import { failedScript } from '../../effects/failed-script';
import type { ScriptOutcome, ScriptRunner } from '../../effects/script-runner';
import type { InstanceCursor } from '../../runner/instance-cursor';

/** An upgrade that is a script and nothing else: its task takes the place of the build. */
export class UpgradeScript {
  constructor(
    private readonly scripts: ScriptRunner,
    private readonly worker: string,
  ) {}

  async run(cursor: InstanceCursor, intent: OwnIntent | null, stop: AbortSignal): Promise<void> {
    const { workOrder: order } = cursor;
    const { target } = order;
    if (target === null || !('script' in target)) return;
    const run = { order, step: 'upgrade', script: target.script, worker: this.worker } as const;
    await record(cursor, await this.scripts.run(cursor, run, stop, intent));
  }
}

async function record(cursor: InstanceCursor, outcome: ScriptOutcome): Promise<void> {
  const { upgradeId, attempt } = cursor.workOrder;
  if (outcome.kind === 'gone') return;
  if (outcome.kind === 'complete') {
    const times = { warnings: false, queuedMs: null, buildMs: null };
    const data = { upgradeId, attempt, buildName: outcome.task.taskName, ...times };
    await cursor.submit({ type: 'CompleteUpgrade', data });
    return;
  }
  if (outcome.kind === 'cancelled') {
    const buildName = outcome.task.taskName;
    await cursor.reload();
    const data = { upgradeId, attempt, buildName };
    const isOurs = await cursor.submit({ type: 'ConfirmCancel', data });
    if (isOurs === 'appended') return;
  }
  const { detail, retryable } = failedScript(outcome);
  const failure = { reason: 'upgrade-script', evidence: { detail }, retryable };
  await cursor.submit({ type: 'FailUpgrade', data: { upgradeId, attempt, ...failure } });
}
