import type { StoredEvent } from '@uplift/contracts';
import { isInstanceStream, splitStreamName } from '@uplift/contracts';
import type { InstanceView } from '@uplift/domain';
import type { EventStore } from '@uplift/event-store';
import { StreamAudit } from './stream-audit';

export interface FleetVerdict {
  readonly streams: number;
  readonly events: number;
  /** One line per stream that does not verify. */
  readonly faults: readonly string[];
  /** One line per instance that the read model shows otherwise than the replay. */
  readonly differences: readonly string[];
}

/** Reads the whole store once; every stream is proved on its own. */
export async function auditStore(store: EventStore): Promise<ReadonlyMap<string, StreamAudit>> {
  const audits = new Map<string, StreamAudit>();
  const stop = new AbortController();
  for await (const batch of store.subscribeToAll({ signal: stop.signal })) {
    batch.events
      .filter(({ stream }) => isInstanceStream(stream))
      .forEach((event) => auditOf(audits, event).take(event));
    if (batch.caughtUp) break;
  }
  stop.abort();
  return audits;
}

function auditOf(audits: Map<string, StreamAudit>, { stream }: StoredEvent): StreamAudit {
  const { id } = splitStreamName(stream);
  const audit = audits.get(id) ?? new StreamAudit(false);
  audits.set(id, audit);
  return audit;
}

/** What the read model must agree on with the replay. */
export type ReadModelRow = Pick<InstanceView, 'instanceId' | (typeof COMPARED)[number]>;

const COMPARED = [
  'status',
  'revision',
  'project',
  'environment',
  'claimed',
  'currentUpgradeId',
  'lastUpgradeId',
  'failureReason',
] as const satisfies readonly (keyof InstanceView)[];

export function verdictOf(
  audits: ReadonlyMap<string, StreamAudit>,
  readModel: readonly ReadModelRow[],
): FleetVerdict {
  const rows = new Map(readModel.map((row) => [row.instanceId, row]));
  const faults: string[] = [];
  const differences: string[] = [];
  let events = 0;
  for (const [instanceId, audit] of audits) {
    events += audit.events;
    if (audit.fault !== null) faults.push(`${instanceId}: ${audit.fault}`);
    const difference = differenceOf(audit, rows.get(instanceId));
    if (difference !== null) differences.push(`${instanceId}: ${difference}`);
    rows.delete(instanceId);
  }
  for (const instanceId of rows.keys()) differences.push(`${instanceId}: not in the store`);
  return { streams: audits.size, events, faults, differences };
}

function differenceOf({ view }: StreamAudit, row: ReadModelRow | undefined): string | null {
  if (view === null) return null;
  if (row === undefined) return 'missing in the read model';
  const different = COMPARED.filter((name) => row[name] !== view[name]);
  if (different.length === 0) return null;
  return different.map((name) => `${name} ${row[name]}, replayed ${view[name]}`).join('; ');
}
