import type { ScriptRunner } from '../../effects/script-runner';
import type { StageTurn } from '../../runner/stage-handler.port';
import { StageHandler } from '../../runner/stage-handler.port';

/** Runs the post-upgrade script, then hands over to the health check. */
export class PostUpgradeStage extends StageHandler {
  readonly stage = 'post-upgrade';

  constructor(
    private readonly scripts: ScriptRunner,
    private readonly worker: string,
  ) {
    super();
  }

  async run({ session, signal }: StageTurn): Promise<void> {
    const { workOrder: order, attempt } = session;
    const { worker } = this;
    session.begin({ type: 'StartPostUpgrade', data: { ...attempt, worker } });
    if (!session.isIn('post-upgrade-running')) return;

    const script = order.profile.scripts.postUpgrade;
    const run = { order, step: 'post-upgrade', script, worker } as const;
    const outcome = await this.scripts.run(session, run, signal);
    if (outcome.kind === 'gone') return;
    if (outcome.kind === 'complete') {
      const data = { ...attempt, task: outcome.task, ...session.timed };
      await session.submit({ type: 'CompletePostUpgrade', data });
      return;
    }
    const { detail, retryable } = outcome;
    const reason = 'post-upgrade-script-failed';
    const failure = { reason, evidence: { detail }, retryable, ...session.timed } as const;
    await session.submit({ type: 'FailPostUpgrade', data: { ...attempt, ...failure } });
  }
}
