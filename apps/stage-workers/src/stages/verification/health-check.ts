import type { Evidence, FailureReason, ProbeResult, WorkOrder } from '@uplift/domain';
import type { CallAnswer, HealthProbe, LagoonCore, LagoonEnvironment } from '@uplift/lagoon';
import { TargetRefusedError } from '@uplift/outbound';
import type { Clock } from '@uplift/runtime';
import type { HealthPage, UnusableRoute } from './health-page';
import { healthPage } from './health-page';

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

export interface HealthCheckPorts {
  readonly probe: HealthProbe;
  readonly clock: Clock;
}

/** What is checked, and in which core. */
export interface Checked {
  readonly order: WorkOrder;
  readonly core: LagoonCore;
}

const AWAKE = 'active';
const LONGEST_DETAIL = 500;

/** The environment that was upgraded, and no later one of its name; an abandoned upgrade may know none. */
export async function environmentOf(
  { order, core }: Checked,
  signal: AbortSignal,
): Promise<LagoonEnvironment | null> {
  const environment = await core.lagoon.findEnvironment(order.profile, signal);
  const wanted = order.located?.environmentId ?? environment?.environmentId;
  return environment?.environmentId === wanted ? environment : null;
}

/** Wakes the environment if it sleeps, and no operator holds the instance; null if nothing was done. */
export async function wake(
  { order, core }: Checked,
  environment: LagoonEnvironment | null,
  signal: AbortSignal,
): Promise<CallAnswer['kind'] | null> {
  if (environment === null || !isAsleep(environment) || order.parked === true) return null;
  return (await core.lagoon.unidle(environment.environmentId, signal)).kind;
}

export function isAsleep({ idleState }: LagoonEnvironment): boolean {
  return idleState !== null && idleState !== AWAKE;
}

/**
 * One check of one app: asks until health is proved or the window is over. Where it is asked is what Lagoon says
 * now: a build may have changed the routes, and what Lagoon said before need not have been true.
 */
export class HealthCheck {
  private readonly probes: ProbeResult[] = [];
  private place: Place = NOWHERE;
  private look: SecondLook | null = null;
  private inARow = 0;
  private lastUrl: string | null = null;
  private detail: string | null = null;

  constructor(
    private readonly checked: Checked,
    private readonly ports: HealthCheckPorts,
    private readonly options: VerificationOptions,
  ) {}

  async verdict(signal: AbortSignal): Promise<HealthVerdict> {
    const { successes, intervalMs, timeoutMs, windowMs } = this.options;
    const { clock } = this.ports;
    let leftMs = windowMs;
    for (;;) {
      const began = clock.monotonic();
      await this.askWhereItIs(signal);
      if (this.inARow >= successes) return this.healthy();
      // Good answers that have begun decide, not the time that they take.
      if (intervalMs > leftMs && this.inARow === 0) return this.notProved();
      await clock.pause(intervalMs, signal);
      // What a slow Lagoon or a process that stood still takes longer is no time of the app.
      leftMs -= Math.min(clock.monotonic() - began, intervalMs + timeoutMs);
    }
  }

  private async askWhereItIs(signal: AbortSignal): Promise<void> {
    if (this.place.page === null) {
      this.place = this.placeIn(await environmentOf(this.checked, signal));
    }
    if (this.place.page !== null) await this.ask(this.place.page, signal);
    if (this.place.page !== null && this.inARow === 0) await this.lookOnce(signal);
  }

  private placeIn(environment: LagoonEnvironment | null): Place {
    const { order, core } = this.checked;
    if (environment === null) return NOWHERE;
    const rules = { probe: this.ports.probe, suffixes: core.settings.probeSuffixes };
    const choice = healthPage(order.profile.healthProbe, environment, rules);
    return choice.kind === 'page'
      ? { environment, page: choice.page, unusable: [] }
      : { environment, page: null, unusable: choice.unusable };
  }

  /** Asks once. An address that turns out to be one that may not be asked is a route that is not usable. */
  private async ask({ url, allowedHosts }: HealthPage, signal: AbortSignal): Promise<void> {
    const { timeoutMs } = this.options;
    const { acceptStatuses } = this.checked.order.profile.healthProbe;
    const rules = { timeoutMs, acceptStatuses, allowedHosts, signal };
    try {
      const answer = await this.ports.probe.probe(url, rules);
      const { outcome, status = null, durationMs, detail } = answer;
      this.probes.push({ url, outcome, status, durationMs: Math.round(durationMs) });
      this.inARow = outcome === 'healthy' ? this.inARow + 1 : 0;
      this.lastUrl = url;
      this.detail = detail;
    } catch (error) {
      if (!(error instanceof TargetRefusedError)) throw error;
      this.inARow = 0;
      const unusable = [{ shown: url, why: error.reason, isForbidden: true }];
      this.place = { ...this.place, page: null, unusable };
    }
  }

  /** After the first bad answer. Lagoon out of reach says nothing about the app. */
  private async lookOnce(signal: AbortSignal): Promise<void> {
    if (this.look !== null) return;
    const environment = await environmentOf(this.checked, signal).catch(() => undefined);
    this.look = { ...NO_LOOK, idleState: environment?.idleState ?? null };
    if (environment === undefined) return;
    this.place = this.placeIn(environment);
    this.look = { ...this.look, unidle: await wake(this.checked, environment, signal) };
  }

  private healthy(): HealthVerdict {
    const probes = this.probes.slice(-this.options.successes);
    const evidence = this.look === null ? null : { probes: this.probes.length, ...this.look };
    return { kind: 'healthy', probes, evidence };
  }

  private notProved(): HealthVerdict {
    const { environment, page, unusable } = this.place;
    if (environment === null) return this.notHealthy('unresponsive', 'environment-missing');
    if (page === null) {
      this.detail = unusable.map(({ shown, why }) => `${shown}: ${why}`).join('; ');
      const isForbidden = unusable.some((route) => route.isForbidden);
      return this.notHealthy('unresponsive', isForbidden ? 'probe-refused' : 'route-missing');
    }
    const kind = this.probes.at(-1)?.outcome === 'unresponsive' ? 'unresponsive' : 'unhealthy';
    const wasHealthy = this.probes.some(({ outcome }) => outcome === 'healthy');
    return this.notHealthy(kind, wasHealthy ? 'no-steady-answer' : 'no-healthy-answer');
  }

  private notHealthy(kind: 'unhealthy' | 'unresponsive', reason: FailureReason): HealthVerdict {
    const evidence = {
      url: this.lastUrl,
      status: this.probes.at(-1)?.status ?? null,
      probes: this.probes.length,
      detail: this.detail?.slice(0, LONGEST_DETAIL) ?? null,
      ...(this.look ?? NO_LOOK),
    };
    return { kind, reason, evidence };
  }
}

/** Where Lagoon says the app is. */
interface Place {
  /** Null: Lagoon does not show it. */
  readonly environment: LagoonEnvironment | null;
  /** Null: none of its routes is usable. */
  readonly page: HealthPage | null;
  readonly unusable: readonly UnusableRoute[];
}

const NOWHERE: Place = { environment: null, page: null, unusable: [] };

/** What Lagoon knows of an app that gave no good answer. */
interface SecondLook {
  /** Lagoon's own word; null if it said nothing or could not be asked. */
  readonly idleState: string | null;
  /** What came of waking it; null if it was awake. */
  readonly unidle: CallAnswer['kind'] | null;
}

const NO_LOOK: SecondLook = { idleState: null, unidle: null };
