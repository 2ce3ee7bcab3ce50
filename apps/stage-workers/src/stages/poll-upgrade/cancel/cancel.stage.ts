import { toInstanceEvent } from '@uplift/contracts';
import type { Attempt, UpgradingInstance } from '@uplift/domain';
import type { Lagoon, LagoonCores } from '@uplift/lagoon';
import type { Logger } from '@uplift/runtime';
import type { InstanceCursor } from '../../../runner/instance-cursor';
import { pause } from '../../../runner/pause';
import type { StageTurn } from '../../../runner/stage-handler.port';
import { StageHandler } from '../../../runner/stage-handler.port';
import type { CancelTarget } from './cancel-targets';
import { runningOf } from './cancel-targets';

export interface CancelOptions {
  /** Pause between two looks in ms; after each cancel it doubles, up to LONGEST_PAUSE of them. */
  readonly intervalMs: number;
  readonly wait?: typeof pause;
}

const LONGEST_PAUSE = 8;

/**
 * Stops what a cancelled attempt runs in Lagoon. Lagoon's answer to a cancel proves nothing: the stage that
 * follows the build or task reads the outcome from its row, and this one only asks until there is one.
 */
export class CancelStage extends StageHandler {
  readonly stage = 'poll-upgrade';

  constructor(
    private readonly cores: LagoonCores,
    private readonly options: CancelOptions,
    private readonly logger: Pick<Logger, 'info'>,
  ) {
    super();
  }

  async run({ cursor, message, signal }: StageTurn): Promise<void> {
    const { intervalMs, wait = pause } = this.options;
    const event = toInstanceEvent(message);
    if (event.type !== 'UpgradeCancelRequested') return;
    let ended: string | null = null;
    for (let asked = 0; ; await cursor.reload()) {
      const upgrade = cancelling(cursor, event.data);
      if (upgrade === null) return;
      const effect = effectOf(upgrade);
      if (effect !== null && effect !== ended) {
        const isRunning = await this.stop(cursor, upgrade, signal);
        ended = isRunning ? null : effect;
        asked += 1;
      }
      await wait(intervalMs * Math.min(2 ** asked, LONGEST_PAUSE), signal);
    }
  }

  /** False if there is nothing left that could be stopped. */
  private async stop(
    cursor: InstanceCursor,
    upgrade: UpgradingInstance,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { lagoon } = this.cores.of(upgrade.workOrder.profile.core);
    const running = await runningOf(lagoon, upgrade, signal);
    for (const target of running) {
      const answer = await cancel(lagoon, target, signal);
      this.logger.info({ ...target, answer, instanceId: cursor.instanceId }, 'cancel asked for');
    }
    return running.length > 0;
  }
}

/** The attempt the message speaks of, while its deployment or script can still be stopped. */
function cancelling({ upgrading }: InstanceCursor, asked: Attempt): UpgradingInstance | null {
  if (upgrading?.status !== 'upgrade-running') return null;
  const { upgradeId, attempt } = upgrading.workOrder;
  return asked.upgradeId === upgradeId && asked.attempt === attempt ? upgrading : null;
}

/** Null while nobody knows yet what became of the call. */
function effectOf({ deployment, task }: UpgradingInstance): string | null {
  return deployment?.buildName ?? task?.taskName ?? null;
}

function cancel(lagoon: Lagoon, target: CancelTarget, signal: AbortSignal) {
  return target.kind === 'build'
    ? lagoon.cancelDeployment(target, signal)
    : lagoon.cancelTask(target.taskId, signal);
}
