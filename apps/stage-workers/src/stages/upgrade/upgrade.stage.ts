import type { LagoonCore, LagoonCores } from '@uplift/lagoon';
import { failpoint } from '@uplift/runtime';
import type { AdmissionGate } from '../../admission/admission-gate.port';
import { assertReachable } from '../../effects/core-reach';
import { DeployEffect } from '../../effects/deploy.effect';
import { permittedBulkId } from '../../effects/deploy-request';
import type { EffectProtocol, OwnIntent } from '../../effects/effect-protocol';
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
}

/**
 * Triggers the deployment: admission first, then the intent, then one call; a call whose outcome is not known
 * is looked up by its marker before anything is repeated.
 */
export class UpgradeStage extends StageHandler {
  readonly stage = 'upgrade';

  constructor(
    private readonly parts: UpgradeStageParts,
    private readonly options: UpgradeStageOptions,
  ) {
    super();
  }

  async run(turn: StageTurn): Promise<void> {
    const { cursor, isRedelivery, signal } = turn;
    await failpoint('deploy.E0');
    const core = this.parts.cores.of(cursor.workOrder.profile.core);
    if (!isRedelivery && isLimited(core)) await cursor.reload();
    await failpoint('deploy.E1');
    const intent = cursor.isIn('pending-upgrade') ? await this.open(cursor, core, signal) : null;
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

  /** Everything up to the intent; null if it is not this process that wrote it. */
  private async open(
    cursor: InstanceCursor,
    core: LagoonCore,
    signal: AbortSignal,
  ): Promise<OwnIntent | null> {
    const { upgradeId, attempt, profile } = cursor.workOrder;
    const { worker } = this.options;
    await this.parts.gate.enter(profile.core, signal);
    assertReachable(core);
    await this.prepareVariables(cursor, core, signal);
    await failpoint('deploy.E2');
    const at = performance.now();
    const bulkId = permittedBulkId(cursor.workOrder, core.settings);
    const data = { upgradeId, attempt, worker, bulkId };
    const started = await cursor.submit({ type: 'StartUpgrade', data });
    if (started === 'appended') return { at };
    this.parts.gate.giveBack(profile.core);
    return null;
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
