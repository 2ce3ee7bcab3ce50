import type { LagoonCore, LagoonCores } from '@uplift/lagoon';
import { failpoint } from '@uplift/runtime';
import type { AdmissionGate } from '../../admission/admission-gate.port';
import { proveReachable } from '../../effects/core-reach';
import { DeployEffect } from '../../effects/deploy.effect';
import { permittedBulkId } from '../../effects/deploy-request';
import type { EffectProtocol, OwnIntent } from '../../effects/effect-protocol';
import { Slots } from '../../runner/slots';
import type { InstanceCursor } from '../../runner/instance-cursor';
import type { StageTurn } from '../../runner/stage-handler.port';
import { StageHandler } from '../../runner/stage-handler.port';
import type { UpgradeScript } from './upgrade-script';
import { setVariables } from './variables';

export interface UpgradeStageParts {
  readonly cores: LagoonCores;
  readonly gate: AdmissionGate;
  readonly protocol: EffectProtocol;
  readonly script: UpgradeScript;
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
    private readonly parts: UpgradeStageParts,
    private readonly options: UpgradeStageOptions,
  ) {
    super();
    this.slots = new Slots(options.concurrency);
  }

  async run({ cursor, isRedelivery, signal }: StageTurn): Promise<void> {
    await failpoint('deploy.E0');
    const core = this.parts.cores.of(cursor.workOrder.profile.core);
    if (!isRedelivery && isLimited(core)) await cursor.reload();
    await failpoint('deploy.E1');
    if (!cursor.isIn('pending-upgrade')) return this.settle(cursor, core, null, signal);

    await this.parts.gate.enter(core.name, signal);
    await this.slots.run(async () => {
      const intent = await this.open(cursor, core, signal);
      await this.settle(cursor, core, intent, signal);
    });
  }

  /** Everything up to the intent; null if it is not this process that wrote it. */
  private async open(
    cursor: InstanceCursor,
    core: LagoonCore,
    signal: AbortSignal,
  ): Promise<OwnIntent | null> {
    const { upgradeId, attempt } = cursor.workOrder;
    const { worker } = this.options;
    let isAsked = false;
    try {
      await proveReachable(core, signal);
      await this.prepareVariables(cursor, core, signal);
      await failpoint('deploy.E2');
      const at = performance.now();
      const bulkId = permittedBulkId(cursor.workOrder, core.settings);
      const data = { upgradeId, attempt, worker, bulkId };
      isAsked = (await cursor.submit({ type: 'StartUpgrade', data })) === 'appended';
      return isAsked ? { at } : null;
    } finally {
      if (!isAsked) this.parts.gate.giveBack(core.name);
    }
  }

  /** From the intent to its outcome. */
  private async settle(
    cursor: InstanceCursor,
    core: LagoonCore,
    intent: OwnIntent | null,
    signal: AbortSignal,
  ): Promise<void> {
    if (!cursor.isIn('upgrade-running')) return;
    await failpoint('deploy.E3');
    if (cursor.workOrder.strategy === 'script') {
      await this.parts.script.run(cursor, intent, signal);
    } else {
      const bulkId = cursor.call?.bulkId ?? null;
      const effect = new DeployEffect(core, cursor.workOrder, bulkId);
      await this.parts.protocol.settle(cursor, effect, intent, signal);
    }
    await failpoint('deploy.E7');
  }

  private async prepareVariables(
    cursor: InstanceCursor,
    { lagoon }: LagoonCore,
    signal: AbortSignal,
  ): Promise<void> {
    const { workOrder: order } = cursor;
    const { target, upgradeId, attempt } = order;
    if (target === null || !('variables' in target)) return;
    const { worker, timeoutMs } = this.options;
    await cursor.submit({ type: 'RequestVariables', data: { upgradeId, attempt, worker } });
    if (!cursor.isIn('pending-upgrade')) return;
    const outcome = await setVariables({ lagoon, order, timeoutMs }, target.variables, signal);
    if (outcome.kind === 'set') {
      const { written, unchanged } = outcome;
      const data = { upgradeId, attempt, written, unchanged };
      await cursor.submit({ type: 'RecordVariables', data });
      return;
    }
    const { cause, reason: detail, retryable } = outcome.refusal;
    const evidence = { cause, detail, variable: outcome.name };
    const failure = { reason: 'variables-refused', evidence, retryable };
    await cursor.submit({ type: 'FailUpgrade', data: { upgradeId, attempt, ...failure } });
  }
}

function isLimited({ settings }: LagoonCore): boolean {
  return settings.triggersPerHour > 0 || settings.buildsInFlight > 0;
}
