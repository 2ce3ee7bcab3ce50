import type { LagoonCores } from '@uplift/lagoon';
import type { InstanceSession } from '../../runner/instance-session';
import type { StageTurn } from '../../runner/stage-handler.port';
import { StageHandler } from '../../runner/stage-handler.port';
import type { HealthCheckPorts, HealthVerdict, VerificationOptions } from './health-check';
import { HealthCheck, healthPage, NO_ROUTE } from './health-check';

/**
 * The last step, also after a cancel that came half-way: the app itself answers, several times in a row,
 * before it counts as back in service.
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
    if (!session.isIn('post-upgrade-completed')) return;
    await conclude(session, await this.verdict(session, signal));
  }

  private async verdict(session: InstanceSession, signal: AbortSignal): Promise<HealthVerdict> {
    const order = session.workOrder;
    if (order.located === null) return NO_ROUTE;
    const { route, environmentId } = order.located;
    const core = this.cores.of(order.profile.core);
    const routes = route === null ? await core.lagoon.routesOf(environmentId, signal) : [route];
    const page = healthPage(order, routes, core.settings.probeSuffixes);
    if (page === null) return NO_ROUTE;
    const checked = { order, core, environmentId };
    return new HealthCheck(checked, page, this.ports, this.options).verdict(signal);
  }
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
