import type { Evidence, ProbeResult } from '@uplift/domain';
import type { InstanceCursor } from '../../../runner/instance-cursor';

export type HealthVerdict =
  | {
      readonly kind: 'healthy';
      readonly probes: readonly ProbeResult[];
      /** Null if the app was awake and answered at once. */
      readonly evidence: Evidence | null;
    }
  | {
      readonly kind: 'unhealthy' | 'unresponsive';
      readonly reason: string;
      readonly evidence: Evidence;
    };

export const NO_ROUTE: HealthVerdict = {
  kind: 'unresponsive',
  reason: 'Lagoon named no route of the environment',
  evidence: { url: null, status: null, probes: 0 },
};

/** Ends the attempt with the verdict. */
export async function conclude(cursor: InstanceCursor, verdict: HealthVerdict): Promise<void> {
  const { upgradeId, attempt } = cursor.workOrder;
  if (verdict.kind === 'healthy') {
    const { probes, evidence } = verdict;
    const seen = evidence === null ? {} : { evidence };
    await cursor.submit({ type: 'VerifyHealthy', data: { upgradeId, attempt, probes, ...seen } });
    return;
  }
  const { kind, reason, evidence } = verdict;
  await cursor.submit({
    type: kind === 'unhealthy' ? 'FindUnhealthy' : 'FindUnresponsive',
    data: { upgradeId, attempt, reason, evidence, retryable: true },
  });
}
