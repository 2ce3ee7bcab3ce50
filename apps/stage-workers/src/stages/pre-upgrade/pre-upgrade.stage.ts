import type { FailureReason, LocatedEnvironment } from '@uplift/domain';
import type { LagoonCores } from '@uplift/lagoon';
import { locate } from '../../effects/located';
import type { ScriptRunner } from '../../effects/script-runner';
import type { InstanceSession } from '../../runner/instance-session';
import type { StageTurn } from '../../runner/stage-handler.port';
import { StageHandler } from '../../runner/stage-handler.port';
import { knownCore } from '../../admission/core-limits';
import { isAdmittedFirst } from '../../admission/flight';
import type { StartGate } from '../../admission/start-gate';
import { proveReachable } from '../../runner/lagoon-outages';
import { Slots } from '../../runner/slots';
import type { PreCheckVerdict } from './pre-checks';
import { preChecks } from './pre-checks';

interface Found {
  readonly verdict: PreCheckVerdict;
  readonly located: LocatedEnvironment;
}

interface NotPassed {
  readonly detail: string;
  readonly retryable: boolean;
}

export interface PreUpgradePorts {
  readonly cores: LagoonCores;
  readonly gate: StartGate;
  readonly scripts: ScriptRunner;
}

export interface PreUpgradeOptions {
  readonly worker: string;
  /** Most in work at once; those that wait until they may begin are not counted. */
  readonly concurrency: number;
}

/**
 * Waits until the attempt is admitted, before anything is done to the app; then checks the environment, runs the
 * pre-upgrade script, opens the upgrade stage.
 */
export class PreUpgradeStage extends StageHandler {
  readonly stage = 'pre-upgrade';

  private readonly slots: Slots;

  constructor(
    private readonly ports: PreUpgradePorts,
    private readonly options: PreUpgradeOptions,
  ) {
    super();
    this.slots = new Slots(options.concurrency);
  }

  async run(turn: StageTurn): Promise<void> {
    const { session, signal } = turn;
    const core = knownCore(this.ports.cores, session.workOrder.profile.core);
    const needsRoom = isAdmittedFirst(session.workOrder);
    const start = { stage: this.stage, status: 'pending-pre-upgrade', needsRoom } as const;
    const hasBegun = await this.ports.gate.pass(session, start, signal, (permit) =>
      this.slots.run(async () => {
        if (core !== null) await proveReachable(core, signal);
        const data = { ...session.attempt, worker: this.options.worker };
        await permit.start({ type: 'StartPreUpgrade', data });
        await this.work(turn);
      }),
    );
    if (!hasBegun) await this.slots.run(() => this.work(turn));
  }

  private async work(turn: StageTurn): Promise<void> {
    const { session, signal } = turn;
    if (!session.isIn('pre-upgrade-running')) return;

    const verdict = await preChecks(this.ports.cores, session.workOrder, signal);
    const located = await this.located(turn, verdict);
    if (located !== null) await this.runScript(turn, { verdict, located });
    else if (verdict.kind === 'failed') await fail(session, verdict.reason, verdict);
  }

  /** A script that has begun is followed to its end first, whatever has come in the way since. */
  private async located(
    { session, signal }: StageTurn,
    verdict: PreCheckVerdict,
  ): Promise<LocatedEnvironment | null> {
    if (verdict.kind === 'passed') return verdict.located;
    const { upgrading, workOrder } = session;
    const hasBegun = upgrading !== null && (upgrading.call !== null || upgrading.task !== null);
    if (!hasBegun) return null;
    return locate(this.ports.cores.of(workOrder.profile.core).lagoon, workOrder, signal);
  }

  private async runScript({ session, signal }: StageTurn, { located, verdict }: Found) {
    const order = { ...session.workOrder, located };
    const script = order.profile.scripts.preUpgrade;
    const { worker } = this.options;
    const run = { order, step: 'pre-upgrade', script, worker } as const;
    const outcome = await this.ports.scripts.run(session, run, signal);
    if (outcome.kind === 'gone') return;
    if (outcome.kind !== 'complete') return fail(session, 'pre-upgrade-script-failed', outcome);
    if (verdict.kind === 'failed') return fail(session, verdict.reason, verdict);
    const { checks } = verdict;
    const { attempt, timed } = session;
    const data = { ...attempt, located, checks, task: outcome.task, ...timed };
    await session.submit({ type: 'CompletePreUpgrade', data });
  }
}

async function fail(
  session: InstanceSession,
  reason: FailureReason,
  { detail, retryable }: NotPassed,
): Promise<void> {
  const data = { ...session.attempt, reason, evidence: { detail }, retryable, ...session.timed };
  await session.submit({ type: 'FailPreUpgrade', data });
}
