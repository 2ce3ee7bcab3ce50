import type { Evidence, FailureReason, ProbeResult, WorkOrder } from '@uplift/domain';
import type { HealthProbe, Lagoon, LagoonCore, CallAnswer } from '@uplift/lagoon';
import { ProbeTargetRefusedError } from '@uplift/lagoon';
import type { Clock } from '@uplift/runtime';

export interface VerificationOptions {
  /** Good answers in a row that prove health. */
  readonly successes: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** How long an instance has to prove its health, in ms; time to wake up included. */
  readonly windowMs: number;
}

export type HealthVerdict =
  | {
      readonly kind: 'healthy';
      readonly probes: readonly ProbeResult[];
      /** Null if the app was awake and answered at once. */
      readonly evidence: Evidence | null;
    }
  | {
      readonly kind: 'unhealthy' | 'unresponsive';
      readonly reason: FailureReason;
      readonly evidence: Evidence;
    };

export const NO_ROUTE: HealthVerdict = {
  kind: 'unresponsive',
  reason: 'route-missing',
  evidence: { url: null, status: null, probes: 0 },
};

export interface HealthCheckPorts {
  readonly probe: HealthProbe;
  readonly clock: Clock;
}

/** What is checked, and where its environment is. */
interface Checked {
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
    private readonly ports: HealthCheckPorts,
    private readonly options: VerificationOptions,
  ) {}

  async verdict(signal: AbortSignal): Promise<HealthVerdict> {
    const { successes, intervalMs, windowMs } = this.options;
    const endsAt = this.ports.clock.monotonic() + windowMs;
    for (;;) {
      const refusal = await this.ask(signal);
      if (refusal !== null) return this.refused(refusal);
      if (this.inARow >= successes) return this.healthy();
      if (this.inARow === 0) await this.lookOnce(signal);
      if (this.ports.clock.monotonic() + intervalMs > endsAt) return this.notProved();
      await this.ports.clock.pause(intervalMs, signal);
    }
  }

  /** Asks once; answers why the address may not be asked, or null. */
  private async ask(signal: AbortSignal): Promise<string | null> {
    const { url, allowedHosts } = this.page;
    const { timeoutMs } = this.options;
    const { acceptStatuses } = this.checked.order.profile.healthProbe;
    const rules = { timeoutMs, acceptStatuses, allowedHosts, signal };
    try {
      const {
        outcome,
        status = null,
        durationMs,
        detail,
      } = await this.ports.probe.probe(url, rules);
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
    return this.notHealthy(kind, last === 'healthy' ? 'no-steady-answer' : 'no-healthy-answer');
  }

  private refused(detail: string): HealthVerdict {
    this.detail = detail;
    return this.notHealthy('unresponsive', 'probe-refused');
  }

  private notHealthy(kind: 'unhealthy' | 'unresponsive', reason: FailureReason): HealthVerdict {
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

/** Where an app is asked for its health, and the only hosts that may be asked. */
interface HealthPage {
  readonly url: string;
  readonly allowedHosts: readonly string[];
}

/**
 * The primary route with the path the app is known to answer on; null without a route.
 * `routes` are Lagoon's, the primary one first; `suffixes` none: every host that Lagoon named.
 */
export function healthPage(
  { profile }: WorkOrder,
  routes: readonly string[],
  suffixes: readonly string[],
): HealthPage | null {
  const [primary] = routes;
  if (primary === undefined) return null;
  const { path } = profile.healthProbe;
  const url = `${primary.replace(/\/+$/, '')}${path.startsWith('/') ? path : `/${path}`}`;
  const hosts = routes.flatMap(hostsOf).filter((host) => hasSuffix(host, suffixes));
  return { url, allowedHosts: [...new Set(hosts)] };
}

function hostsOf(route: string): string[] {
  return URL.canParse(route) ? [new URL(route).hostname] : [];
}

function hasSuffix(host: string, suffixes: readonly string[]): boolean {
  if (suffixes.length === 0) return true;
  const name = host.replace(/\.$/, '');
  return suffixes.some((suffix) => name.endsWith(`.${suffix.toLowerCase().replace(/^\./, '')}`));
}

/** What Lagoon knows of an app that gave no good answer. */
interface SecondLook {
  /** Lagoon's own word; null if it said nothing or could not be asked. */
  readonly idleState: string | null;
  /** What came of waking it; null if it was awake. */
  readonly unidle: CallAnswer['kind'] | null;
  /** The routes as they are after the build; empty if they could not be asked. */
  readonly routes: readonly string[];
}

const AWAKE = 'active';

/** Wakes the environment if it sleeps. Lagoon out of reach says nothing about the app, so nothing throws. */
async function lookAgain(
  lagoon: Lagoon,
  environmentId: number,
  signal: AbortSignal,
): Promise<SecondLook> {
  const [idleState, routes] = await Promise.all([
    answerOr(null, lagoon.idleStateOf(environmentId, signal)),
    answerOr([], lagoon.routesOf(environmentId, signal)),
  ]);
  if (idleState === null || idleState === AWAKE) return { idleState, unidle: null, routes };
  const { kind } = await lagoon.unidle(environmentId, signal);
  return { idleState, unidle: kind, routes };
}

async function answerOr<T, F>(fallback: F, answer: Promise<T>): Promise<T | F> {
  try {
    return await answer;
  } catch {
    return fallback;
  }
}
