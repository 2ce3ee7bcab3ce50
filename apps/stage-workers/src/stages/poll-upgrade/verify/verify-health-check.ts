import type { ProbeResult, WorkOrder } from '@uplift/domain';
import type { HealthProbe, LagoonCore } from '@uplift/lagoon';
import { ProbeTargetRefusedError } from '@uplift/lagoon';
import { pause } from '../../../runner/pause';
import type { HealthPage } from './verify-page';
import { healthPage } from './verify-page';
import type { SecondLook } from './verify-second-look';
import { lookAgain } from './verify-second-look';
import type { HealthVerdict } from './verify-verdict';

export interface VerifyOptions {
  /** Good answers in a row that prove health. */
  readonly successes: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** How long an instance has to prove its health, in ms; time to wake up included. */
  readonly windowMs: number;
}

/** What is checked, and where its environment is. */
export interface Checked {
  readonly order: WorkOrder;
  readonly core: LagoonCore;
  readonly environmentId: number;
}

/** One check of one app: asks until health is proved or the window is over. */
export class HealthCheck {
  private readonly probes: ProbeResult[] = [];
  private look: SecondLook | null = null;
  private inARow = 0;
  private detail: string | null = null;

  constructor(
    private readonly checked: Checked,
    private page: HealthPage,
    private readonly probe: HealthProbe,
    private readonly options: VerifyOptions,
  ) {}

  async verdict(signal: AbortSignal): Promise<HealthVerdict> {
    const { successes, intervalMs, windowMs } = this.options;
    const endsAt = performance.now() + windowMs;
    for (;;) {
      const refusal = await this.ask(signal);
      if (refusal !== null) return this.notHealthy('unresponsive', refusal);
      if (this.inARow >= successes) return this.healthy();
      if (this.inARow === 0) await this.lookOnce(signal);
      if (performance.now() + intervalMs > endsAt) return this.notProved();
      await pause(intervalMs, signal);
    }
  }

  /** Asks once; answers why the address may not be asked, or null. */
  private async ask(signal: AbortSignal): Promise<string | null> {
    const { url, allowedHosts } = this.page;
    const { timeoutMs } = this.options;
    const { acceptStatuses } = this.checked.order.profile.healthProbe;
    const rules = { timeoutMs, acceptStatuses, allowedHosts, signal };
    try {
      const { outcome, status = null, durationMs, detail } = await this.probe.probe(url, rules);
      this.probes.push({ url, outcome, status, durationMs: Math.round(durationMs) });
      this.inARow = outcome === 'healthy' ? this.inARow + 1 : 0;
      this.detail = detail;
      return null;
    } catch (error) {
      if (error instanceof ProbeTargetRefusedError) return error.message;
      throw error;
    }
  }

  /** A build may have given the environment other routes than it had before. */
  private async lookOnce(signal: AbortSignal): Promise<void> {
    if (this.look !== null) return;
    const { order, core, environmentId } = this.checked;
    this.look = await lookAgain(core.lagoon, environmentId, signal);
    const { routes } = this.look;
    const known = order.located?.route ?? null;
    const primary = known !== null && routes.includes(known) ? [known] : [];
    const { probeSuffixes } = core.settings;
    this.page = healthPage(order, [...primary, ...routes], probeSuffixes) ?? this.page;
  }

  private healthy(): HealthVerdict {
    const probes = this.probes.slice(-this.options.successes);
    const evidence = this.look === null ? null : { probes: this.probes.length, ...this.seen() };
    return { kind: 'healthy', probes, evidence };
  }

  private notProved(): HealthVerdict {
    const last = this.probes.at(-1)?.outcome;
    const kind = last === 'unresponsive' ? 'unresponsive' : 'unhealthy';
    const wanted = last === 'healthy' ? 'steady' : 'healthy';
    return this.notHealthy(kind, `no ${wanted} answer within the window`);
  }

  private notHealthy(kind: 'unhealthy' | 'unresponsive', reason: string): HealthVerdict {
    const evidence = {
      url: this.page.url,
      status: this.probes.at(-1)?.status ?? null,
      probes: this.probes.length,
      detail: this.detail,
      ...this.seen(),
    };
    return { kind, reason, evidence };
  }

  private seen() {
    return { idleState: this.look?.idleState ?? null, unidle: this.look?.unidle ?? null };
  }
}
