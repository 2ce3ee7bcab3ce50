import type { WorkOrder } from '@uplift/domain';
import type { LagoonCore, LagoonCores } from '@uplift/lagoon';
import { UnknownCoreError } from '@uplift/lagoon';
import type { InstanceSession } from '../../runner/instance-session';
import type { StageTurn } from '../../runner/stage-handler.port';
import { StageHandler } from '../../runner/stage-handler.port';
import type { HealthCheckPorts, HealthVerdict, VerificationOptions } from './health-check';
import { HealthCheck } from './health-check';

/**
 * The last step, also after a cancel that came half-way and of what an operator accepts as it is: the app itself
 * answers, several times in a row, before it counts as back in service.
 */
export class VerificationStage extends StageHandler {
  readonly stage = 'poll-upgrade';

  constructor(
    private readonly cores: LagoonCores,
    private readonly ports: HealthCheckPorts,
    private readonly options: VerificationOptions,
  ) {
    super();
  }

  async run({ session, signal }: StageTurn): Promise<void> {
    await session.holdAgainstStream();
    if (!session.isIn('post-upgrade-completed')) return;
    await conclude(session, await this.verdict(session, signal));
  }

  private async verdict(session: InstanceSession, signal: AbortSignal): Promise<HealthVerdict> {
    const order = session.workOrder;
    const core = this.coreOf(order);
    if (core === null) return unknownCore(order.profile.core);
    return new HealthCheck({ order, core }, this.ports, this.options).verdict(signal);
  }

  /** Null: it was not known when the upgrade began. That this process alone does not know it says nothing of the app. */
  private coreOf({ profile, located }: WorkOrder): LagoonCore | null {
    try {
      return this.cores.of(profile.core);
    } catch (error) {
      if (error instanceof UnknownCoreError && located === null) return null;
      throw error;
    }
  }
}

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
