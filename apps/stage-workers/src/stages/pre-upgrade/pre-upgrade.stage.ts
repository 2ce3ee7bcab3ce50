import type { Check, LocatedEnvironment, TaskReference } from '@uplift/domain';
import { markerOf } from '@uplift/domain';
import type { Lagoon } from '@uplift/lagoon';
import type { InstanceCursor } from '../../runner/instance-cursor';
import type { StageTurn } from '../../runner/stage-handler.port';
import { StageHandler } from '../../runner/stage-handler.port';
import type { LagoonTaskRunner } from '../lagoon-task';
import { preChecks } from './pre-checks';

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
    await cursor.submit({ type: 'StartPreUpgrade', data: { upgradeId, attempt, worker } });
    if (!cursor.isIn('pre-upgrade-running')) return;

    const { checks, located } = preChecks(await this.lagoon.findEnvironment(profile, signal));
    const failed = checks.find(({ passed }) => !passed);
    if (failed !== undefined || located === null) {
      return fail(cursor, failed?.name ?? 'environment-exists', failed?.detail ?? '', false);
    }
    await this.runScript(turn, { checks, located });
  }

  private async runScript(
    { cursor, isRedelivery, signal }: StageTurn,
    found: { readonly checks: readonly Check[]; readonly located: LocatedEnvironment },
  ): Promise<void> {
    const { upgradeId, attempt, profile } = cursor.workOrder;
    const { environmentId } = found.located;
    const script = profile.scripts.preUpgrade;
    let task: TaskReference | null = null;
    if (script !== null) {
      const name = `${markerOf(cursor.workOrder)}-pre`;
      const request = { environmentId, name, script, mayExist: isRedelivery };
      const outcome = await this.tasks.run(request, signal);
      if (outcome.kind === 'failed') {
        return fail(cursor, 'pre-upgrade-script', outcome.reason, outcome.retryable);
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
  reason: string,
  detail: string,
  retryable: boolean,
): Promise<void> {
  const { upgradeId, attempt } = cursor.workOrder;
  const evidence = { detail };
  await cursor.submit({
    type: 'FailPreUpgrade',
    data: { upgradeId, attempt, reason, evidence, retryable },
  });
}
