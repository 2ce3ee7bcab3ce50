import type { WorkOrder } from '@uplift/domain';
import type { LagoonCore, LagoonCores } from '@uplift/lagoon';
import { UnknownCoreError } from '@uplift/lagoon';
import type { ScriptRunner } from '../../effects/script-runner';
import type { InstanceSession } from '../../runner/instance-session';
import type { StageTurn } from '../../runner/stage-handler.port';
import { StageHandler } from '../../runner/stage-handler.port';
import { locate } from '../../effects/located';
import type { Checked, HealthCheckPorts, HealthVerdict, VerificationOptions } from './health-check';
import { HealthCheck } from './health-check';
import { LagoonStatusCheck } from './lagoon-status-check';

export interface VerificationPorts extends HealthCheckPorts {
  readonly cores: LagoonCores;
  readonly scripts: ScriptRunner;
}

/**
 * The last step, also after a cancel that came half-way and of what an operator accepts as it is: the app proves its
 * health, in the way that was registered, before it counts as back in service.
 */
export class VerificationStage extends StageHandler {
  readonly stage = 'poll-upgrade';

  constructor(
    private readonly ports: VerificationPorts,
    private readonly options: VerificationOptions,
    private readonly worker: string,
  ) {
    super();
  }

  async run({ session, signal }: StageTurn): Promise<void> {
    if (!session.isIn('post-upgrade-completed')) return;
    const verdict = await this.verdict(session, signal);
    if (verdict !== null) await conclude(session, verdict);
  }

  private verdict(
    session: InstanceSession,
    signal: AbortSignal,
  ): Promise<HealthVerdict | null> | HealthVerdict {
    const order = session.upgrading?.workOrder ?? session.workOrder;
    const { kind = 'http' } = order.profile.healthProbe;
    if (kind === 'none') return NOTHING_ASKED;
    const core = this.coreOf(order);
    if (core === null) return unknownCore(order.profile.core);
    const checked = { order, core };
    switch (kind) {
      case 'http':
        return new HealthCheck(checked, this.ports, this.options).verdict(signal);
      case 'lagoon':
        return new LagoonStatusCheck(checked, this.ports.clock, this.options).verdict(signal);
      case 'task':
        return this.byTask(session, checked, signal);
    }
  }

  /** Null: somebody else has ended the attempt. */
  private async byTask(
    session: InstanceSession,
    checked: Checked,
    signal: AbortSignal,
  ): Promise<HealthVerdict | null> {
    const { profile } = checked.order;
    const located = await locate(checked.core.lagoon, checked.order, signal);
    if (located === null) return NOT_SHOWN;
    const order = { ...checked.order, located };
    const script = profile.healthProbe.script ?? null;
    const run = { order, step: 'verification', script, worker: this.worker } as const;
    const outcome = await this.ports.scripts.run(session, run, signal);
    if (outcome.kind === 'gone') return null;
    if (outcome.kind === 'complete') {
      const evidence = { ...BY_TASK, task: outcome.task?.taskName ?? null };
      return { kind: 'healthy', probes: [], evidence };
    }
    const evidence = { ...BY_TASK, detail: outcome.detail };
    return { kind: 'unhealthy', reason: 'health-task-failed', evidence };
  }

  /** Null: it was not known when the upgrade began. That this process alone does not know it says nothing of the app. */
  private coreOf({ profile, located }: WorkOrder): LagoonCore | null {
    try {
      return this.ports.cores.of(profile.core);
    } catch (error) {
      if (error instanceof UnknownCoreError && located === null) return null;
      throw error;
    }
  }
}

const NOTHING_ASKED: HealthVerdict = {
  kind: 'healthy',
  probes: [],
  evidence: { healthProbe: 'none' },
};
const NOT_SHOWN: HealthVerdict = {
  kind: 'unresponsive',
  reason: 'environment-missing',
  evidence: { probes: 0 },
};
const BY_TASK = { healthProbe: 'task' } as const;

function unknownCore(core: string): HealthVerdict {
  return { kind: 'unresponsive', reason: 'core-unknown', evidence: { core, probes: 0 } };
}

/** Ends the attempt with the verdict. */
async function conclude(session: InstanceSession, verdict: HealthVerdict): Promise<void> {
  const { attempt } = session;
  if (verdict.kind === 'healthy') {
    const { probes, evidence } = verdict;
    const seen = evidence === null ? {} : { evidence };
    await session.submit({ type: 'VerifyHealthy', data: { ...attempt, probes, ...seen } });
    return;
  }
  const { kind, reason, evidence } = verdict;
  await session.submit({
    type: kind === 'unhealthy' ? 'FindUnhealthy' : 'FindUnresponsive',
    data: { ...attempt, reason, evidence, retryable: true },
  });
}
