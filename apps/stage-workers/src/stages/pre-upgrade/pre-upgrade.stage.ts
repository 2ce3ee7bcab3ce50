import type { Check, LocatedEnvironment, TaskReference } from '@uplift/domain';
import type { LagoonCores } from '@uplift/lagoon';
import type { FailedScript } from '../../effects/failed-script';
import { failedScript } from '../../effects/failed-script';
import type { ScriptRunner } from '../../effects/script-runner';
import type { InstanceCursor } from '../../runner/instance-cursor';
import type { StageTurn } from '../../runner/stage-handler.port';
import { StageHandler } from '../../runner/stage-handler.port';
import { preChecks } from './pre-checks';

interface Found {
  readonly checks: readonly Check[];
  readonly located: LocatedEnvironment;
}

/** Checks the environment, runs the pre-upgrade script, opens the upgrade stage. */
export class PreUpgradeStage extends StageHandler {
  readonly stage = 'pre-upgrade';

  constructor(
    private readonly cores: LagoonCores,
    private readonly scripts: ScriptRunner,
    private readonly worker: string,
  ) {
    super();
  }

  async run(turn: StageTurn): Promise<void> {
    const { cursor, signal } = turn;
    const { upgradeId, attempt } = cursor.workOrder;
    const { worker } = this;
    await cursor.submit({ type: 'StartPreUpgrade', data: { upgradeId, attempt, worker } });
    if (!cursor.isIn('pre-upgrade-running')) return;

    const verdict = await preChecks(this.cores, cursor.workOrder, signal);
    if (verdict.kind === 'failed') {
      const { check, detail, retryable } = verdict;
      return fail(cursor, { reason: check, detail, retryable });
    }
    await this.runScript(turn, verdict);
  }

  private async runScript({ cursor, signal }: StageTurn, found: Found): Promise<void> {
    const { upgradeId, attempt, profile } = cursor.workOrder;
    const { located, checks } = found;
    const script = profile.scripts.preUpgrade;
    let task: TaskReference | null = null;
    if (script !== null) {
      const order = { ...cursor.workOrder, located };
      const run = { order, step: 'pre-upgrade', script, worker: this.worker } as const;
      const outcome = await this.scripts.run(cursor, run, signal);
      if (outcome.kind === 'gone') return;
      if (outcome.kind !== 'complete') return fail(cursor, scriptFailure(outcome));
      task = outcome.task;
    }
    await cursor.submit({
      type: 'CompletePreUpgrade',
      data: { upgradeId, attempt, located, checks, task },
    });
  }
}

interface PreFailure {
  readonly reason: string;
  readonly detail: string;
  readonly retryable: boolean;
}

function scriptFailure(outcome: FailedScript): PreFailure {
  return { reason: 'pre-upgrade-script', ...failedScript(outcome) };
}

async function fail(
  cursor: InstanceCursor,
  { reason, detail, retryable }: PreFailure,
): Promise<void> {
  const { upgradeId, attempt } = cursor.workOrder;
  const evidence = { detail };
  await cursor.submit({
    type: 'FailPreUpgrade',
    data: { upgradeId, attempt, reason, evidence, retryable },
  });
}
