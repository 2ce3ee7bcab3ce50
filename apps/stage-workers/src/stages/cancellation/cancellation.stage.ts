import { toInstanceEvent } from '@uplift/contracts';
import type { Attempt, UpgradingInstance } from '@uplift/domain';
import { markerOf } from '@uplift/domain';
import type { Lagoon, LagoonCores } from '@uplift/lagoon';
import { deploymentPhase, taskPhase } from '@uplift/lagoon';
import type { Clock, Logger } from '@uplift/runtime';
import type { InstanceSession } from '../../runner/instance-session';
import type { StageTurn } from '../../runner/stage-handler.port';
import { StageHandler } from '../../runner/stage-handler.port';

export interface CancellationOptions {
  /** Pause between two looks in ms; after each cancel it doubles, up to LONGEST_PAUSE of them. */
  readonly intervalMs: number;
}

const LONGEST_PAUSE = 8;

/**
 * Stops what a cancelled attempt runs in Lagoon. Lagoon's answer to a cancel proves nothing: the stage that
 * follows the build or task reads the outcome from its row, and this one only asks until there is one.
 */
export class CancellationStage extends StageHandler {
  readonly stage = 'poll-upgrade';

  constructor(
    private readonly cores: LagoonCores,
    private readonly options: CancellationOptions,
    private readonly clock: Clock,
    private readonly logger: Pick<Logger, 'info'>,
  ) {
    super();
  }

  async run({ session, message, signal }: StageTurn): Promise<void> {
    const { intervalMs } = this.options;
    const event = toInstanceEvent(message);
    if (event.type !== 'UpgradeCancelRequested') return;
    let ended: string | null = null;
    for (let asked = 0; ; await session.reload()) {
      const upgrade = cancelling(session, event.data);
      if (upgrade === null) return;
      const effect = effectOf(upgrade);
      if (effect !== null && effect !== ended) {
        const isRunning = await this.stop(session, upgrade, signal);
        ended = isRunning ? null : effect;
        asked += 1;
      }
      await this.clock.pause(intervalMs * Math.min(2 ** asked, LONGEST_PAUSE), signal);
    }
  }

  /** False if there is nothing left that could be stopped. */
  private async stop(
    session: InstanceSession,
    upgrade: UpgradingInstance,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { lagoon } = this.cores.of(upgrade.workOrder.profile.core);
    const running = await runningOf(lagoon, upgrade, signal);
    for (const target of running) {
      const answer = await cancel(lagoon, target, signal);
      this.logger.info({ ...target, answer, instanceId: session.instanceId }, 'cancel asked for');
    }
    return running.length > 0;
  }
}

/** The attempt the message speaks of, while its deployment or script can still be stopped. */
function cancelling({ upgrading }: InstanceSession, asked: Attempt): UpgradingInstance | null {
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

const NEWEST_BUILDS = 20;

/** Something of one attempt that runs in Lagoon and can be stopped. */
export type CancelTarget =
  | { readonly kind: 'build'; readonly environmentId: number; readonly buildName: string }
  | { readonly kind: 'task'; readonly taskId: number };

/**
 * What of the attempt still runs, duplicates included; nothing once all of it has ended. A build that Lagoon
 * does not show yet counts as running. Throws as reads of Lagoon do.
 */
function runningOf(
  lagoon: Lagoon,
  upgrade: UpgradingInstance,
  signal: AbortSignal,
): Promise<readonly CancelTarget[]> {
  if (upgrade.task !== null) return runningTask(lagoon, upgrade.task.taskId, signal);
  return runningBuilds(lagoon, upgrade, signal);
}

async function runningBuilds(
  lagoon: Lagoon,
  { workOrder, deployment }: UpgradingInstance,
  signal: AbortSignal,
): Promise<readonly CancelTarget[]> {
  if (workOrder.located === null || deployment === null) return [];
  const { environmentId } = workOrder.located;
  const { buildName } = deployment;
  const rows = await lagoon.deploymentsOf(environmentId, { limit: NEWEST_BUILDS }, signal);
  const marker = markerOf(workOrder);
  const ours = rows.filter(({ name, bulkName }) => name === buildName || bulkName === marker);
  const active = ours.filter(({ status }) => deploymentPhase(status) === 'active');
  const isShown = ours.some(({ name }) => name === buildName);
  const names = [...active.map(({ name }) => name), ...(isShown ? [] : [buildName])];
  return names.map((name) => ({ kind: 'build', environmentId, buildName: name }));
}

/** A task that has ended is let be: Lagoon would overwrite how it ended. */
async function runningTask(
  lagoon: Lagoon,
  taskId: number,
  signal: AbortSignal,
): Promise<readonly CancelTarget[]> {
  const task = await lagoon.taskById(taskId, signal);
  const isRunning = task !== null && taskPhase(task.status) === 'active';
  return isRunning ? [{ kind: 'task', taskId }] : [];
}
