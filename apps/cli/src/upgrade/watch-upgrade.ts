import type { EventDocument } from '@uplift/contracts';
import type { InstanceEventType } from '@uplift/domain';
import type { CliContext } from '../cli-context';
import { CommandFailure, EXIT } from '../exit-code';

const ENDS: ReadonlySet<string> = new Set<InstanceEventType>([
  'InstanceVerifiedHealthy',
  'PreUpgradeFailed',
  'UpgradeFailed',
  'PostUpgradeFailed',
  'InstanceFoundUnhealthy',
  'InstanceFoundUnresponsive',
  'UpgradeCancelled',
  'UpgradeExpired',
]);

interface WatchedUpgrade {
  readonly upgradeId: string;
  readonly instanceId: string;
}

interface EventData {
  readonly upgradeId?: string;
  readonly workOrder?: { readonly upgradeId: string };
  readonly reason?: string;
}

/** Prints every event of an upgrade, from its first; fails unless it ends well and in time. */
export async function watchUpgrade(
  context: CliContext,
  upgrade: WatchedUpgrade,
  timeoutSeconds: number,
): Promise<void> {
  const { upgradeId } = upgrade;
  const timeout = new AbortController();
  const cancelTimer = context.clock.after(timeoutSeconds * 1000, () => timeout.abort());
  try {
    const end = await printUntilEnd(context, upgrade, timeout.signal);
    if (end === 'InstanceVerifiedHealthy') return;
    if (end !== null) {
      throw new CommandFailure(EXIT.failed, `Upgrade ${upgradeId} ended in ${end}`);
    }
  } catch (error) {
    if (!timeout.signal.aborted) throw error;
  } finally {
    cancelTimer();
    timeout.abort();
  }
  throw new CommandFailure(EXIT.timedOut, `Upgrade ${upgradeId} has not ended yet`);
}

/** Returns the type of the last event; null if the API ends the stream before. */
async function printUntilEnd(
  { api, printer }: CliContext,
  { upgradeId, instanceId }: WatchedUpgrade,
  signal: AbortSignal,
): Promise<string | null> {
  const path = `/v1/events?instanceId=${encodeURIComponent(instanceId)}`;
  const stream = api.events(path, { headers: { 'last-event-id': '0' }, signal });
  for await (const frame of stream) {
    const { type, revision, recordedAt, ...event } = JSON.parse(frame.data) as EventDocument;
    const data = event.data as EventData;
    if ((data.workOrder?.upgradeId ?? data.upgradeId) !== upgradeId) continue;
    printer.line({ at: recordedAt, revision, event: type, note: data.reason ?? null });
    if (ENDS.has(type)) return type;
  }
  return null;
}
