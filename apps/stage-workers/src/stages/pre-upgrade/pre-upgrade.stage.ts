import type { Check, LocatedEnvironment, TaskReference } from '@uplift/domain';
import { markerOf } from '@uplift/domain';
import type { Lagoon } from '@uplift/lagoon';
import type { InstanceCursor } from '../../runner/instance-cursor';
import type { StageTurn } from '../../runner/stage-handler.port';
import { StageHandler } from '../../runner/stage-handler.port';
import type { LagoonTaskRunner, StepStart } from '../lagoon-task';
import { preChecks } from './pre-checks';

interface Found {
  readonly checks: readonly Check[];
  readonly located: LocatedEnvironment;
  readonly start: StepStart;
}

/** Checks the environment, runs the pre-upgrade script, opens the upgrade stage. */
export class PreUpgradeStage extends StageHandler {
  readonly stage = 'pre-upgrade';

  constructor(
    private readonly lagoon: Lagoon,
    private readonly tasks: LagoonTaskRunner,
    private readonly worker: string,
  ) {
    super();
  }

  async run(turn: StageTurn): Promise<void> {
    const { cursor, signal } = turn;
    const { upgradeId, attempt, profile } = cursor.workOrder;
    const { worker } = this;
    const at = performance.now();
    const started = await cursor.submit({
      type: 'StartPreUpgrade',
      data: { upgradeId, attempt, worker },
    });
    if (!cursor.isIn('pre-upgrade-running')) return;

    const verdict = preChecks(await this.lagoon.findEnvironment(profile, signal));
    if (verdict.kind === 'failed') {
      const { check, detail, retryable } = verdict;
      return fail(cursor, { reason: check, detail, retryable });
    }
    const { checks, located } = verdict;
    await this.runScript(turn, { checks, located, start: { isOurs: started === 'appended', at } });
  }

  private async runScript(
    { cursor, signal }: StageTurn,
    { start, ...found }: Found,
  ): Promise<void> {
    const { upgradeId, attempt, profile } = cursor.workOrder;
    const { environmentId } = found.located;
    const script = profile.scripts.preUpgrade;
    let task: TaskReference | null = null;
    if (script !== null) {
      const name = `${markerOf(cursor.workOrder)}-pre`;
      const request = { environmentId, name, script, start };
      const outcome = await this.tasks.run(request, signal);
      if (outcome.kind === 'failed') {
        const { reason: detail, retryable } = outcome;
        return fail(cursor, { reason: 'pre-upgrade-script', detail, retryable });
      }
      task = outcome.task;
    }
    await cursor.submit({
      type: 'CompletePreUpgrade',
      data: { upgradeId, attempt, ...found, task },
    });
  }
}

async function fail(
  cursor: InstanceCursor,
  { reason, detail, retryable }: { reason: string; detail: string; retryable: boolean },
): Promise<void> {
  const { upgradeId, attempt } = cursor.workOrder;
  const evidence = { detail };
  await cursor.submit({
    type: 'FailPreUpgrade',
    data: { upgradeId, attempt, reason, evidence, retryable },
  });
}
