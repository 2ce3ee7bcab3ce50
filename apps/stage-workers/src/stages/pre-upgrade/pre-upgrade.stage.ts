import type { Check, FailureReason, LocatedEnvironment } from '@uplift/domain';
import type { LagoonCores } from '@uplift/lagoon';
import type { ScriptRunner } from '../../effects/script-runner';
import type { InstanceSession } from '../../runner/instance-session';
import type { StageTurn } from '../../runner/stage-handler.port';
import { StageHandler } from '../../runner/stage-handler.port';
import { preChecks } from './pre-checks';

interface Found {
  readonly checks: readonly Check[];
  readonly located: LocatedEnvironment;
}

interface NotPassed {
  readonly detail: string;
  readonly retryable: boolean;
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
    const { session, signal } = turn;
    const data = { ...session.attempt, worker: this.worker };
    await session.submit({ type: 'StartPreUpgrade', data });
    if (!session.isIn('pre-upgrade-running')) return;

    const verdict = await preChecks(this.cores, session.workOrder, signal);
    if (verdict.kind === 'failed') return fail(session, verdict.reason, verdict);
    await this.runScript(turn, verdict);
  }

  private async runScript(turn: StageTurn, { located, checks }: Found): Promise<void> {
    const { session, signal } = turn;
    const order = { ...session.workOrder, located };
    const script = order.profile.scripts.preUpgrade;
    const run = { order, step: 'pre-upgrade', script, worker: this.worker } as const;
    const outcome = await this.scripts.run(session, run, signal);
    if (outcome.kind === 'gone') return;
    if (outcome.kind !== 'complete') return fail(session, 'pre-upgrade-script-failed', outcome);
    const data = { ...session.attempt, located, checks, task: outcome.task };
    await session.submit({ type: 'CompletePreUpgrade', data });
  }
}

async function fail(
  session: InstanceSession,
  reason: FailureReason,
  { detail, retryable }: NotPassed,
): Promise<void> {
  const data = { ...session.attempt, reason, evidence: { detail }, retryable };
  await session.submit({ type: 'FailPreUpgrade', data });
}
