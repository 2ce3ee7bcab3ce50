import type { ApiClient } from '../api-client';
import type { Row } from '../output/printer';
import { readServerSentEvents } from './server-sent-events';

const ENDS = new Set([
  'InstanceVerifiedHealthy',
  'PreUpgradeFailed',
  'UpgradeFailed',
  'PostUpgradeFailed',
  'InstanceFoundUnhealthy',
  'InstanceFoundUnresponsive',
  'UpgradeCancelled',
]);

interface EventAnswer {
  readonly type: string;
  readonly revision: number;
  readonly recordedAt: string;
  readonly data: {
    readonly upgradeId?: string;
    readonly workOrder?: { readonly upgradeId: string };
    readonly reason?: string;
  };
}

/** Hands over every event of one upgrade, from the first; returns the type of its last one. */
export async function followUpgrade(
  api: ApiClient,
  { upgradeId, instanceId }: { readonly upgradeId: string; readonly instanceId: string },
  timeoutSeconds: number,
  onRow: (row: Row) => void,
): Promise<string> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), timeoutSeconds * 1000);
  try {
    const response = await api.open(`/v1/events?instanceId=${encodeURIComponent(instanceId)}`, {
      headers: { accept: 'text/event-stream', 'last-event-id': '0' },
      signal: stop.signal,
    });
    return await untilTheEnd(response, upgradeId, onRow);
  } catch (error) {
    if (stop.signal.aborted) return 'timed-out';
    throw error;
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

async function untilTheEnd(
  response: Response,
  upgradeId: string,
  onRow: (row: Row) => void,
): Promise<string> {
  for await (const { data } of readServerSentEvents(response)) {
    const event = JSON.parse(data) as EventAnswer;
    if (upgradeOf(event) !== upgradeId) continue;
    onRow(rowOf(event));
    if (ENDS.has(event.type)) return event.type;
  }
  return 'timed-out';
}

function upgradeOf({ data }: EventAnswer): string | undefined {
  return data.workOrder?.upgradeId ?? data.upgradeId;
}

function rowOf({ type, revision, recordedAt, data }: EventAnswer): Row {
  return { at: recordedAt, revision, event: type, note: data.reason ?? null };
}
