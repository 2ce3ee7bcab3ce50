import type { Check, LocatedEnvironment, TaskReference } from '@uplift/domain';
import type { LagoonCores } from '@uplift/lagoon';
import type { FailedScript, ScriptRunner } from '../../effects/script-runner';
import { failedScript } from '../../effects/script-runner';
import type { InstanceSession } from '../../runner/instance-session';
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
    const { session, signal } = turn;
    const { upgradeId, attempt } = session.workOrder;
    const { worker } = this;
    await session.submit({ type: 'StartPreUpgrade', data: { upgradeId, attempt, worker } });
    if (!session.isIn('pre-upgrade-running')) return;

    const verdict = await preChecks(this.cores, session.workOrder, signal);
    if (verdict.kind === 'failed') {
      const { check, detail, retryable } = verdict;
      return fail(session, { reason: check, detail, retryable });
    }
    await this.runScript(turn, verdict);
  }

  private async runScript({ session, signal }: StageTurn, found: Found): Promise<void> {
    const { upgradeId, attempt, profile } = session.workOrder;
    const { located, checks } = found;
    const script = profile.scripts.preUpgrade;
    let task: TaskReference | null = null;
    if (script !== null) {
      const order = { ...session.workOrder, located };
      const run = { order, step: 'pre-upgrade', script, worker: this.worker } as const;
      const outcome = await this.scripts.run(session, run, signal);
      if (outcome.kind === 'gone') return;
      if (outcome.kind !== 'complete') return fail(session, scriptFailure(outcome));
      task = outcome.task;
    }
    await session.submit({
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
  session: InstanceSession,
  { reason, detail, retryable }: PreFailure,
): Promise<void> {
  const { upgradeId, attempt } = session.workOrder;
  const evidence = { detail };
  await session.submit({
    type: 'FailPreUpgrade',
    data: { upgradeId, attempt, reason, evidence, retryable },
  });
}
