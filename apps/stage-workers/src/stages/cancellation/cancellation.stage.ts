import { toInstanceEvent } from '@uplift/contracts';
import type {
  Attempt,
  CallState,
  InstanceEvent,
  LocatedEnvironment,
  TaskReference,
  UpgradingInstance,
} from '@uplift/domain';
import { CANCELLABLE_STATUSES, scriptStepIn } from '@uplift/domain';
import type { CallAnswer, LagoonCore, LagoonCores } from '@uplift/lagoon';
import { taskPhase } from '@uplift/lagoon';
import type { Clock, Logger } from '@uplift/runtime';
import { failpoint } from '@uplift/runtime';
import { locate } from '../../effects/located';
import { taskLookUp } from '../../effects/task.effect';
import type { InstanceSession } from '../../runner/instance-session';
import type { StageTurn } from '../../runner/stage-handler.port';
import { StageHandler } from '../../runner/stage-handler.port';
import { areSet } from '../../effects/variables';
import type { CancelTarget } from '../../effects/cancel-targets';
import { cancel, nameOf, runningBuilds } from '../../effects/cancel-targets';

export interface CancellationOptions {
  /** Who says what a call came to. */
  readonly worker: string;
  /** Pause between two looks in ms; after each cancel it doubles, up to LONGEST_PAUSE of them. */
  readonly intervalMs: number;
  /** What was asked of Lagoon may still take place so long after this process first looked, in ms. */
  readonly settleWindowMs: number;
}

const LONGEST_PAUSE = 8;
const QUICK_LOOKS = 12;
const LATER = 6;
/** Cancels of the same build or task that change nothing before it is told. */
const CANCELS_BEFORE_TOLD = 3;

/**
 * Stops what a cancelled attempt runs in Lagoon, and waits for its end. Lagoon's answer to a cancel proves nothing:
 * only the row of the build or task does. Of a build the stage that follows it records the end, of a script or of
 * variables this one does.
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

  async run({ session, signal }: StageTurn): Promise<void> {
    const event = toInstanceEvent(session.message);
    const asked = askedIn(event);
    if (asked === null) return;
    const isOnce = event.type === 'StageRedriven';
    await failpoint('cancel.C0');
    const work = new Cancellation(this.cores, this.options, this.clock, { session, signal });
    for (;;) {
      const upgrade = cancelling(session, asked);
      if (upgrade === null) return;
      for (const told of await work.goOn(upgrade)) {
        this.logger.info({ ...told, instanceId: session.instanceId }, 'cancel asked for');
      }
      if (isOfFollower(session, isOnce) || cancelling(session, asked) === null) return;
      await this.clock.pause(work.pauseMs, signal);
      await session.reload();
    }
  }
}

/** The attempt that is to be cancelled, as it was asked for or is offered again. */
function askedIn(event: InstanceEvent): Attempt | null {
  if (event.type === 'UpgradeCancelRequested') return event.data;
  return event.type === 'StageRedriven' ? event.data.workOrder : null;
}

/** What is offered again is asked for once: the same message is then for whoever follows the build. */
function isOfFollower({ deployment }: InstanceSession, isOnce: boolean): boolean {
  return isOnce && deployment !== null;
}

/** The attempt the message speaks of, while something of it can still be stopped or waited for. */
function cancelling({ upgrading }: InstanceSession, asked: Attempt): UpgradingInstance | null {
  if (upgrading?.workOrder.cancelRequested === undefined) return null;
  const { upgradeId, attempt } = upgrading.workOrder;
  const isOurs = asked.upgradeId === upgradeId && asked.attempt === attempt;
  const isOpen = (CANCELLABLE_STATUSES as readonly string[]).includes(upgrading.status);
  return isOurs && isOpen ? upgrading : null;
}

interface ScriptEnd {
  readonly task: TaskReference | null;
  readonly outcome: string | null;
}

const NOTHING: ScriptEnd = { task: null, outcome: null };

type Asked = CancelTarget & { readonly answer: CallAnswer };
type Turn = Pick<StageTurn, 'session' | 'signal'>;

/** One worker's work on one cancel, look by look. */
class Cancellation {
  private looks = 0;
  private asked = 0;
  /** The build that was seen to have ended: the stage that follows it has not said so yet. */
  private ended: string | null = null;
  private readonly since: number;

  constructor(
    private readonly cores: LagoonCores,
    private readonly options: CancellationOptions,
    private readonly clock: Clock,
    private readonly turn: Turn,
  ) {
    this.since = clock.monotonic();
  }

  get pauseMs(): number {
    const { intervalMs } = this.options;
    if (this.asked > 0) return intervalMs * Math.min(2 ** this.asked, LONGEST_PAUSE);
    return this.looks > QUICK_LOOKS ? intervalMs * LATER : intervalMs;
  }

  /** Looks once at what is under way, and does what there is to do. */
  async goOn(upgrade: UpgradingInstance): Promise<readonly Asked[]> {
    const { deployment, task, call, notes, workOrder } = upgrade;
    const core = this.cores.of(workOrder.profile.core);
    this.looks += 1;
    if (deployment !== null) return this.stopBuilds(core, upgrade, deployment.buildName);
    if (task !== null) return this.stopTask(core, upgrade, task);
    if (call?.isOpen) await this.findTask(core, upgrade, call);
    else if (notes.variables === 'requested') await this.awaitVariables(core, upgrade);
    else await this.confirm(workOrder.located, NOTHING);
    return [];
  }

  private async stopBuilds(
    core: LagoonCore,
    upgrade: UpgradingInstance,
    buildName: string,
  ): Promise<readonly Asked[]> {
    if (this.ended === buildName) return [];
    const running = await runningBuilds(core.lagoon, upgrade, this.turn.signal);
    this.ended = running.length > 0 ? null : buildName;
    return running.length > 0 ? this.ask(core, running) : [];
  }

  /** A task that has ended is let be: Lagoon would overwrite how it ended. */
  private async stopTask(
    core: LagoonCore,
    upgrade: UpgradingInstance,
    task: TaskReference,
  ): Promise<readonly Asked[]> {
    const row = await core.lagoon.taskById(task.taskId, this.turn.signal);
    const phase = row === null ? null : taskPhase(row.status);
    if (phase === 'active') return this.ask(core, [{ kind: 'task', ...task }]);
    if (phase === null) return [];
    const located = await locate(core.lagoon, upgrade.workOrder, this.turn.signal);
    await this.confirm(located, { task, outcome: phase });
    return [];
  }

  private async ask(core: LagoonCore, targets: readonly CancelTarget[]): Promise<readonly Asked[]> {
    const answers: Asked[] = [];
    this.asked += 1;
    for (const target of targets) {
      await failpoint('cancel.C1');
      const answer = await cancel(core.lagoon, target, this.turn.signal);
      await failpoint('cancel.C2');
      answers.push({ ...target, answer });
      if (this.asked >= CANCELS_BEFORE_TOLD) await this.tell(target, answer);
    }
    return answers;
  }

  private async tell(target: CancelTarget, answer: CallAnswer): Promise<void> {
    const { session } = this.turn;
    const { asked } = this;
    const evidence =
      answer.kind === 'refused'
        ? { asked, cause: answer.cause, detail: answer.reason }
        : { asked, cause: answer.kind === 'accepted' ? 'ignored' : 'no-answer' };
    const data = { ...session.attempt, name: nameOf(target), evidence };
    await session.submit({ type: 'ReportCancelWithoutEffect', data });
  }

  /** The call may land as long as its settle window lasts; what is found is then stopped. */
  private async findTask(
    core: LagoonCore,
    upgrade: UpgradingInstance,
    { effect, marker, callNo }: CallState,
  ): Promise<void> {
    // Of a deployment the stage that made the call finds out.
    if (effect === 'deployment') return;
    const { session, signal } = this.turn;
    const located = await locate(core.lagoon, upgrade.workOrder, signal);
    const [task] =
      located === null ? [] : await taskLookUp(core, located.environmentId, marker, signal);
    if (task !== undefined) {
      const step = scriptStepIn(upgrade.status);
      await session.submit({ type: 'AcceptScript', data: { ...session.attempt, step, task } });
      return;
    }
    if (!this.isSettled()) return;
    const evidence = { lookUps: this.looks, waitedMs: Math.round(this.waitedMs) };
    const call = { ...session.attempt, marker, callNo, evidence, worker: this.options.worker };
    await session.submit({ type: 'RepeatCall', data: call });
  }

  /** The worker that sets them ends the cancel itself; this is for one that died over it. */
  private async awaitVariables(core: LagoonCore, upgrade: UpgradingInstance): Promise<void> {
    const { target, located } = upgrade.workOrder;
    const wanted = target !== null && 'variables' in target ? target.variables : [];
    const present = await core.lagoon.variablesOf(located?.environmentId ?? 0, this.turn.signal);
    const isOver = areSet(present, wanted) || this.isSettled();
    if (isOver) await this.confirm(located, NOTHING);
  }

  private async confirm(located: LocatedEnvironment | null, end: ScriptEnd): Promise<void> {
    const { session } = this.turn;
    await failpoint('cancel.C3');
    const data = { ...session.attempt, located, ...end };
    await session.submit({ type: 'ConfirmScriptCancel', data });
  }

  private get waitedMs(): number {
    return this.clock.monotonic() - this.since;
  }

  private isSettled(): boolean {
    return this.looks > 1 && this.waitedMs >= this.options.settleWindowMs;
  }
}
