import type { Attempt } from '@uplift/domain';
import type { LagoonCore, LagoonCores } from '@uplift/lagoon';
import type { Clock } from '@uplift/runtime';
import { failpoint } from '@uplift/runtime';
import { isAdmittedFirst } from '../../admission/flight';
import type { Permit, StartGate } from '../../admission/start-gate';
import { DeployEffect, permittedBulkId } from '../../effects/deploy.effect';
import type { EffectProtocol, OwnIntent } from '../../effects/effect-protocol';
import type { ScriptOutcome, ScriptRunner } from '../../effects/script-runner';
import type { InstanceSession } from '../../runner/instance-session';
import { proveReachable } from '../../runner/lagoon-outages';
import { Slots } from '../../runner/slots';
import type { StageTurn } from '../../runner/stage-handler.port';
import { StageHandler } from '../../runner/stage-handler.port';
import { setVariables } from '../../effects/variables';

export interface UpgradePorts {
  readonly cores: LagoonCores;
  readonly gate: StartGate;
  readonly protocol: EffectProtocol;
  readonly scripts: ScriptRunner;
  readonly clock: Clock;
}

export interface UpgradeStageOptions {
  readonly worker: string;
  /** End of one call to Lagoon, in ms. */
  readonly timeoutMs: number;
  /** Most upgrades in work at once; those that wait for admission are not counted. */
  readonly concurrency: number;
}

/**
 * Triggers the deployment: admission first, then the intent, then one call; a call whose outcome is not known
 * is looked up by its marker before anything is repeated.
 */
export class UpgradeStage extends StageHandler {
  readonly stage = 'upgrade';
  private readonly slots: Slots;

  constructor(
    private readonly ports: UpgradePorts,
    private readonly options: UpgradeStageOptions,
  ) {
    super();
    this.slots = new Slots(options.concurrency);
  }

  async run(turn: StageTurn): Promise<void> {
    const { session, signal } = turn;
    await failpoint('deploy.E0');
    const core = this.ports.cores.of(session.workOrder.profile.core);
    await failpoint('deploy.E1');
    if (mayBegin(session)) {
      const needsRoom = !(await wasAdmitted(turn));
      const start = { stage: this.stage, status: 'pending-upgrade', needsRoom } as const;
      const hasBegun = await this.ports.gate.pass(session, start, signal, (permit) =>
        this.slots.run(async () => {
          const intent = await this.open(session, core, permit, signal);
          await this.settle(session, core, intent, signal);
        }),
      );
      if (hasBegun) return;
    }
    await this.settle(session, core, null, signal);
  }

  /** Everything up to the intent; null if it is not this process that wrote it. */
  private async open(
    session: InstanceSession,
    core: LagoonCore,
    permit: Permit,
    signal: AbortSignal,
  ): Promise<OwnIntent | null> {
    await proveReachable(core, signal);
    if (!(await this.prepareVariables(session, core, permit, signal))) return null;
    await failpoint('deploy.E2');
    const at = this.ports.clock.monotonic();
    const bulkId = permittedBulkId(session.workOrder, core.settings);
    const data = { ...session.attempt, worker: this.options.worker, bulkId };
    return (await permit.begin({ type: 'StartUpgrade', data })) ? { at } : null;
  }

  /** From the intent to its outcome. */
  private async settle(
    session: InstanceSession,
    core: LagoonCore,
    intent: OwnIntent | null,
    signal: AbortSignal,
  ): Promise<void> {
    if (!session.isIn('upgrade-running')) return;
    await failpoint('deploy.E3');
    if (session.workOrder.strategy === 'script') {
      await this.runScript(session, intent, signal);
    } else {
      const bulkId = session.call?.bulkId ?? null;
      const effect = new DeployEffect(core, session.workOrder, bulkId);
      await this.ports.protocol.settle(session, effect, intent, signal);
    }
    await failpoint('deploy.E7');
  }

  /** An upgrade that is a script and nothing else: its task takes the place of the build. */
  private async runScript(
    session: InstanceSession,
    intent: OwnIntent | null,
    signal: AbortSignal,
  ): Promise<void> {
    const { workOrder: order } = session;
    const { target } = order;
    if (target === null || !('script' in target)) return;
    const { worker } = this.options;
    const run = { order, step: 'upgrade', script: target.script, worker } as const;
    await recordScript(session, await this.ports.scripts.run(session, run, signal, intent));
  }

  /** True if nothing stands in the way of the deployment any more. */
  private async prepareVariables(
    session: InstanceSession,
    { lagoon }: LagoonCore,
    permit: Permit,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { workOrder: order } = session;
    const { target } = order;
    if (target === null || !('variables' in target)) return true;
    if (!(await permit.confirm())) return false;
    const { worker, timeoutMs } = this.options;
    await session.submit({ type: 'RequestVariables', data: { ...session.attempt, worker } });
    if (!isSettingVariables(session)) return false;
    const mayGoOn = async () => {
      await session.reload();
      return mayBegin(session);
    };
    const call = { clock: this.ports.clock, lagoon, order, timeoutMs, mayGoOn };
    const outcome = await setVariables(call, target.variables, signal);
    if (outcome.kind === 'set') {
      const { written, unchanged } = outcome;
      const data = { ...session.attempt, written, unchanged };
      await session.submit({ type: 'RecordVariables', data });
      return true;
    }
    if (outcome.kind === 'stopped') {
      const data = { ...session.attempt, located: order.located, task: null, outcome: null };
      await session.submit({ type: 'ConfirmScriptCancel', data });
      return false;
    }
    const { cause, reason: detail, retryable } = outcome.refusal;
    const evidence = { cause, detail, variable: outcome.name };
    const failure = { reason: 'variables-refused', evidence, retryable } as const;
    await session.submit({ type: 'FailUpgrade', data: { ...session.attempt, ...failure } });
    return false;
  }
}

/** Whether the attempt got its room when its pre-upgrade began: a retry may begin here. */
async function wasAdmitted({ session }: StageTurn): Promise<boolean> {
  if (!isAdmittedFirst(session.workOrder)) return false;
  if (session.message.type === 'UpgradePending') return true;
  const begun = await session.findLast(
    ({ type, data }) => type === 'PreUpgradeStarted' && isOfAttempt(data, session.attempt),
  );
  return begun !== undefined;
}

function isOfAttempt(data: Attempt, { upgradeId, attempt }: Attempt): boolean {
  return data.upgradeId === upgradeId && data.attempt === attempt;
}

/** Whether the stage has not begun yet, and still is to. */
function mayBegin({ upgrading }: InstanceSession): boolean {
  if (upgrading?.status !== 'pending-upgrade') return false;
  const { cancelRequested, parked } = upgrading.workOrder;
  return cancelRequested === undefined && parked === undefined;
}

function isSettingVariables(session: InstanceSession): boolean {
  return mayBegin(session) && session.upgrading?.notes.variables != null;
}

async function recordScript(session: InstanceSession, outcome: ScriptOutcome): Promise<void> {
  const { attempt } = session;
  if (outcome.kind === 'gone') return;
  if (outcome.kind === 'complete') {
    const buildName = outcome.task?.taskName ?? '';
    const times = { warnings: false, queuedMs: null, buildMs: null };
    await session.submit({ type: 'CompleteUpgrade', data: { ...attempt, buildName, ...times } });
    return;
  }
  const { detail, retryable } = outcome;
  const failure = { reason: 'upgrade-script-failed', evidence: { detail }, retryable } as const;
  await session.submit({ type: 'FailUpgrade', data: { ...attempt, ...failure } });
}
