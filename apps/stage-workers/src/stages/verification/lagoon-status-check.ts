import type { Evidence } from '@uplift/domain';
import type { EnvironmentService, LagoonEnvironment } from '@uplift/lagoon';
import { deploymentPhase } from '@uplift/lagoon';
import type { Clock } from '@uplift/runtime';
import type { Checked, HealthVerdict, VerificationOptions } from './health-check';
import { environmentOf, isAsleep, wake } from './health-check';

interface Sight {
  readonly environment: LagoonEnvironment | null;
  readonly services: readonly EnvironmentService[];
  /** Null: nothing is. */
  readonly whatIsWrong: string | null;
}

/** Takes Lagoon's own status for the health of an app that has no route: its newest build, and the pods of its services. */
export class LagoonStatusCheck {
  private isWoken = false;

  constructor(
    private readonly checked: Checked,
    private readonly clock: Clock,
    private readonly options: Pick<VerificationOptions, 'intervalMs' | 'windowMs'>,
  ) {}

  async verdict(signal: AbortSignal): Promise<HealthVerdict> {
    const { intervalMs, windowMs } = this.options;
    const endsAt = this.clock.monotonic() + windowMs;
    for (;;) {
      const sight = await this.look(signal);
      if (sight.whatIsWrong === null) {
        return { kind: 'healthy', probes: [], evidence: evidenceOf(sight) };
      }
      await this.wakeOnce(sight, signal);
      if (this.clock.monotonic() + intervalMs > endsAt) return notRunning(sight);
      await this.clock.pause(intervalMs, signal);
    }
  }

  private async look(signal: AbortSignal): Promise<Sight> {
    const { order, core } = this.checked;
    const environment = await environmentOf(this.checked, signal);
    if (environment === null) {
      return { environment, services: [], whatIsWrong: 'Lagoon does not show the environment' };
    }
    const services = await core.lagoon.servicesOf(environment.environmentId, signal);
    const isCancelled = order.cancelRequested === true;
    const whatIsWrong = isAsleep(environment)
      ? `the environment is ${environment.idleState}`
      : (whyNotBuilt(environment, isCancelled) ??
        whyNotRunning(services) ??
        whyNotShown(environment, services));
    return { environment, services, whatIsWrong };
  }

  private async wakeOnce({ environment }: Sight, signal: AbortSignal): Promise<void> {
    if (!this.isWoken) this.isWoken = (await wake(this.checked, environment, signal)) !== null;
  }
}

/** After a cancel of ours the newest build is the one that was cancelled. */
function whyNotBuilt({ newestStatus }: LagoonEnvironment, isCancelled: boolean): string | null {
  if (newestStatus === null) return null;
  const phase = deploymentPhase(newestStatus);
  const isFine = phase === 'complete' || (phase === 'cancelled' && isCancelled);
  return isFine ? null : `the newest build is ${newestStatus}`;
}

function whyNotRunning(services: readonly EnvironmentService[]): string | null {
  const stopped = services.filter(({ replicas }) => replicas === 0).map(({ name }) => name);
  return stopped.length === 0 ? null : `no pod runs of ${stopped.join(', ')}`;
}

/** What Lagoon does not show is no proof of anything. */
function whyNotShown(
  { newestStatus }: LagoonEnvironment,
  services: readonly EnvironmentService[],
): string | null {
  const isShown = newestStatus !== null || services.some(({ replicas }) => replicas !== null);
  return isShown ? null : 'Lagoon shows neither a build nor a running service';
}

function evidenceOf({ environment, services }: Sight): Evidence {
  return {
    healthProbe: 'lagoon',
    newestBuild: environment?.newestStatus ?? null,
    idleState: environment?.idleState ?? null,
    services: services.map(({ name, replicas }) => `${name} ${replicas ?? '?'}`).join(', '),
  };
}

function notRunning(sight: Sight): HealthVerdict {
  const reason = sight.environment === null ? 'environment-missing' : 'not-running-in-lagoon';
  const evidence = { ...evidenceOf(sight), detail: sight.whatIsWrong };
  return { kind: 'unhealthy', reason, evidence };
}
