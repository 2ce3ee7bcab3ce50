import type { TaskReference } from '@uplift/domain';
import { markerOf } from '@uplift/domain';
import type { StageTurn } from '../../runner/stage-handler.port';
import { StageHandler } from '../../runner/stage-handler.port';
import type { LagoonTaskRunner } from '../lagoon-task';

/** Runs the post-upgrade script, then hands over to the health check. */
export class PostUpgradeStage extends StageHandler {
  readonly stage = 'post-upgrade';

  constructor(
    private readonly tasks: LagoonTaskRunner,
    private readonly worker: string,
  ) {
    super();
  }

  async run({ cursor, signal }: StageTurn): Promise<void> {
    const { upgradeId, attempt, profile, located } = cursor.workOrder;
    const { worker } = this;
    const at = performance.now();
    const started = await cursor.submit({
      type: 'StartPostUpgrade',
      data: { upgradeId, attempt, worker },
    });
    if (!cursor.isIn('post-upgrade-running')) return;

    const script = profile.scripts.postUpgrade;
    let task: TaskReference | null = null;
    if (script !== null && located !== null) {
      const { environmentId } = located;
      const name = `${markerOf(cursor.workOrder)}-post`;
      const start = { isOurs: started === 'appended', at };
      const request = { environmentId, name, script, start };
      const outcome = await this.tasks.run(request, signal);
      if (outcome.kind === 'failed') {
        const { reason: detail, retryable } = outcome;
        const failure = { reason: 'post-upgrade-script', evidence: { detail }, retryable };
        await cursor.submit({ type: 'FailPostUpgrade', data: { upgradeId, attempt, ...failure } });
        return;
      }
      task = outcome.task;
    }
    await cursor.submit({ type: 'CompletePostUpgrade', data: { upgradeId, attempt, task } });
  }
}
