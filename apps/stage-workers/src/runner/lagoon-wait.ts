import type { UpgradeStage } from '@uplift/domain';
import { LagoonCircuitOpenError } from '@uplift/lagoon';
import type { InstanceCursor } from './instance-cursor';

/** What an attempt waits for while its Lagoon core is out of reach. */
export function lagoonTarget(core: string): string {
  return `lagoon:${core}`;
}

/** Says once per instance and outage why nothing goes on; false for an error that is no outage of a core. */
export async function recordOutage(
  cursor: InstanceCursor,
  error: unknown,
  stage: UpgradeStage,
): Promise<boolean> {
  if (!(error instanceof LagoonCircuitOpenError)) return false;
  const { upgradeId, attempt } = cursor.workOrder;
  const target = lagoonTarget(cursor.workOrder.profile.core);
  const since = new Date(error.since).toISOString();
  await cursor.submit({ type: 'RecordWait', data: { upgradeId, attempt, target, since, stage } });
  return true;
}

/** Whatever was waited for is there again. */
export async function endWait(cursor: InstanceCursor): Promise<void> {
  const waitingFor = cursor.upgrading?.notes.waitingFor ?? null;
  if (waitingFor === null) return;
  const { upgradeId, attempt } = cursor.workOrder;
  const { target, since } = waitingFor;
  const waitedMs = Math.max(0, Date.now() - Date.parse(since));
  await cursor.submit({ type: 'EndWait', data: { upgradeId, attempt, target, waitedMs } });
}
