import type { LagoonCore, LagoonCores } from '@uplift/lagoon';
import type { Clock } from '@uplift/runtime';
import { failpoint } from '@uplift/runtime';
import type { AdmissionControl } from '../../admission/admission-control.port';
import { DeployEffect, permittedBulkId } from '../../effects/deploy.effect';
import type { EffectProtocol, OwnIntent } from '../../effects/effect-protocol';
import type { ScriptOutcome, ScriptRunner } from '../../effects/script-runner';
import type { InstanceSession } from '../../runner/instance-session';
import { proveReachable } from '../../runner/lagoon-outages';
import type { StageTurn } from '../../runner/stage-handler.port';
import { StageHandler } from '../../runner/stage-handler.port';
import { setVariables } from '../../effects/variables';

export interface UpgradePorts {
  readonly cores: LagoonCores;
  readonly admission: AdmissionControl;
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

  async run({ session, isRedelivery, signal }: StageTurn): Promise<void> {
    await failpoint('deploy.E0');
    const core = this.ports.cores.of(session.workOrder.profile.core);
    if (!isRedelivery && isLimited(core)) await session.reload();
    await failpoint('deploy.E1');
    if (!mayBegin(session)) return this.settle(session, core, null, signal);

    await this.ports.admission.enter(core.name, signal);
    await this.slots.run(async () => {
      const intent = await this.open(session, core, signal);
      await this.settle(session, core, intent, signal);
    });
  }

  /** Everything up to the intent; null if it is not this process that wrote it. */
  private async open(
    session: InstanceSession,
    core: LagoonCore,
    signal: AbortSignal,
  ): Promise<OwnIntent | null> {
    let isAsked = false;
    try {
      await proveReachable(core, signal);
      await this.prepareVariables(session, core, signal);
      await failpoint('deploy.E2');
      const at = this.ports.clock.monotonic();
      const bulkId = permittedBulkId(session.workOrder, core.settings);
      const data = { ...session.attempt, worker: this.options.worker, bulkId };
      isAsked = (await session.submit({ type: 'StartUpgrade', data })) === 'appended';
      return isAsked ? { at } : null;
    } finally {
      if (!isAsked) this.ports.admission.giveBack(core.name);
    }
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

  private async prepareVariables(
    session: InstanceSession,
    { lagoon }: LagoonCore,
    signal: AbortSignal,
  ): Promise<void> {
    const { workOrder: order } = session;
    const { target } = order;
    if (target === null || !('variables' in target)) return;
    const { worker, timeoutMs } = this.options;
    await session.submit({ type: 'RequestVariables', data: { ...session.attempt, worker } });
    if (!mayBegin(session)) return;
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
      return;
    }
    if (outcome.kind === 'stopped') {
      const data = { ...session.attempt, located: order.located, task: null, outcome: null };
      await session.submit({ type: 'ConfirmScriptCancel', data });
      return;
    }
    const { cause, reason: detail, retryable } = outcome.refusal;
    const evidence = { cause, detail, variable: outcome.name };
    const failure = { reason: 'variables-refused', evidence, retryable } as const;
    await session.submit({ type: 'FailUpgrade', data: { ...session.attempt, ...failure } });
  }
}

function isLimited({ settings }: LagoonCore): boolean {
  return settings.triggersPerHour > 0 || settings.buildsInFlight > 0;
}

/** Whether the stage has not begun yet, and still is to. */
function mayBegin({ upgrading }: InstanceSession): boolean {
  if (upgrading?.status !== 'pending-upgrade') return false;
  const { cancelRequested, parked } = upgrading.workOrder;
  return cancelRequested === undefined && parked === undefined;
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

/** Lets only so many pieces of work run at once; the others wait in the order they came. */
export class Slots {
  private readonly waiting: (() => void)[] = [];

  constructor(private free: number) {}

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      this.release();
    }
  }

  private release(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.free += 1;
    else next();
  }
}
