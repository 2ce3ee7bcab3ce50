import type { ProbeResult, WorkOrder } from '@uplift/domain';
import type { HealthProbe, Lagoon } from '@uplift/lagoon';
import { ProbeTargetRefusedError } from '@uplift/lagoon';
import { pause } from '../../runner/pause';
import type { InstanceCursor } from '../../runner/instance-cursor';
import type { StageTurn } from '../../runner/stage-handler.port';
import { StageHandler } from '../../runner/stage-handler.port';

export interface VerifyOptions {
  /** Good answers in a row that prove health. */
  readonly successes: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** How long an instance has to prove its health, in ms. */
  readonly windowMs: number;
}

type HealthVerdict =
  | { readonly kind: 'healthy'; readonly probes: readonly ProbeResult[] }
  | {
      readonly kind: 'unhealthy' | 'unresponsive';
      readonly reason: string;
      readonly probes: readonly ProbeResult[];
    };

const NO_ROUTE: HealthVerdict = {
  kind: 'unresponsive',
  reason: 'Lagoon named no route of the environment',
  probes: [],
};

/** The last step: the app itself answers, several times in a row, before it counts as back in service. */
export class VerifyStage extends StageHandler {
  readonly stage = 'poll-upgrade';

  constructor(
    private readonly lagoon: Lagoon,
    private readonly probe: HealthProbe,
    private readonly options: VerifyOptions,
  ) {
    super();
  }

  async run({ cursor, isRedelivery, signal }: StageTurn): Promise<void> {
    if (isRedelivery) await cursor.reload();
    if (!cursor.isIn('post-upgrade-completed')) return;
    const url = await this.address(cursor.workOrder, signal);
    const verdict = url === null ? NO_ROUTE : await this.judge(cursor.workOrder, url, signal);
    await conclude(cursor, verdict);
  }

  /** The primary route and the path the app is known to answer on. */
  private async address(order: WorkOrder, signal: AbortSignal): Promise<string | null> {
    if (order.located === null) return null;
    const { route, environmentId } = order.located;
    const primary = route ?? (await this.lagoon.routesOf(environmentId, signal))[0];
    if (primary === undefined) return null;
    const { path } = order.profile.healthProbe;
    return `${primary.replace(/\/+$/, '')}${path.startsWith('/') ? path : `/${path}`}`;
  }

  /** Probes until health is proved or the window is over. */
  private async judge(order: WorkOrder, url: string, signal: AbortSignal): Promise<HealthVerdict> {
    const { successes, intervalMs, windowMs } = this.options;
    const endsAt = performance.now() + windowMs;
    const probes: ProbeResult[] = [];
    for (let inARow = 0; ;) {
      const answer = await this.ask(order, url, signal);
      if (typeof answer === 'string') return { kind: 'unresponsive', reason: answer, probes };
      probes.push(answer);
      inARow = answer.outcome === 'healthy' ? inARow + 1 : 0;
      if (inARow >= successes) return { kind: 'healthy', probes: probes.slice(-successes) };
      if (performance.now() + intervalMs > endsAt) return notProved(probes, answer);
      await pause(intervalMs, signal);
    }
  }

  /** One answer, or why the address may not be asked. */
  private async ask(
    { profile }: WorkOrder,
    url: string,
    signal: AbortSignal,
  ): Promise<ProbeResult | string> {
    const { timeoutMs } = this.options;
    const { acceptStatuses } = profile.healthProbe;
    try {
      const answer = await this.probe.probe(url, { timeoutMs, acceptStatuses, signal });
      const { outcome, status = null, durationMs } = answer;
      return { url, outcome, status, durationMs: Math.round(durationMs) };
    } catch (error) {
      if (error instanceof ProbeTargetRefusedError) return error.message;
      throw error;
    }
  }
}

function notProved(probes: readonly ProbeResult[], last: ProbeResult): HealthVerdict {
  const kind = last.outcome === 'unresponsive' ? 'unresponsive' : 'unhealthy';
  const reason = `no ${last.outcome === 'healthy' ? 'steady' : 'healthy'} answer within the window`;
  return { kind, reason, probes };
}

async function conclude(cursor: InstanceCursor, verdict: HealthVerdict): Promise<void> {
  const { upgradeId, attempt } = cursor.workOrder;
  if (verdict.kind === 'healthy') {
    const { probes } = verdict;
    await cursor.submit({ type: 'VerifyHealthy', data: { upgradeId, attempt, probes } });
    return;
  }
  const last = verdict.probes.at(-1);
  const evidence = {
    url: last?.url ?? null,
    status: last?.status ?? null,
    probes: verdict.probes.length,
  };
  await cursor.submit({
    type: verdict.kind === 'unhealthy' ? 'FindUnhealthy' : 'FindUnresponsive',
    data: { upgradeId, attempt, reason: verdict.reason, evidence, retryable: true },
  });
}
