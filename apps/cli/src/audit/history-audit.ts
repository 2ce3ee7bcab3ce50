import type { AuditVerdict, StoredEvent } from '@uplift/contracts';
import {
  categoryOf,
  splitStreamName,
  toDomainEvent,
  toRecordedInstanceEvent,
} from '@uplift/contracts';
import type { InstanceStatus, InstanceView, TimelineEntry } from '@uplift/domain';
import { evolve, evolveInstanceView, INITIAL_STATE, timelineEntry } from '@uplift/domain';
import type { EventStore, StreamHead } from '@uplift/event-store';
import { NO_STREAM, verifyChain } from '@uplift/event-store';
import { errorMessage } from '@uplift/runtime';

const COMPARED = [
  'status',
  'revision',
  'project',
  'environment',
  'claimed',
  'currentUpgradeId',
  'lastUpgradeId',
  'failureReason',
  'reasonClass',
] as const satisfies readonly (keyof InstanceView)[];

/** What the read model must agree on with the replay. */
export type ReadModelRow = Pick<InstanceView, 'instanceId' | (typeof COMPARED)[number]>;

/**
 * Replays one stream event by event: checks the hash chain and the lifecycle, and folds what the read model
 * should show. Needs nothing but the events.
 */
export class StreamAudit {
  view: InstanceView | null = null;
  fault: string | null = null;
  readonly timeline: TimelineEntry[] = [];
  private head: StreamHead = NO_STREAM;
  private state = INITIAL_STATE;
  private status: InstanceStatus | null = null;

  constructor(private readonly keepsTimeline: boolean) {}

  get events(): number {
    return this.head.revision + 1;
  }

  get hash(): string {
    return this.head.hash;
  }

  take(event: StoredEvent): void {
    if (this.fault !== null) return;
    const verdict = verifyChain([event], this.head);
    if (verdict.valid) {
      this.head = verdict.head;
      this.fault = this.replay(event);
    } else {
      this.fault = `revision ${verdict.revision}: the hash chain is broken (${verdict.reason})`;
    }
  }

  /** Why the event cannot follow; null if it can. */
  private replay(event: StoredEvent): string | null {
    const category = categoryOf(event.stream);
    try {
      if (category === 'instance') this.replayInstance(event);
      else if (category !== null) toDomainEvent(category, event);
      return null;
    } catch (error) {
      return `revision ${event.revision}: ${errorMessage(error)}`;
    }
  }

  private replayInstance(event: StoredEvent): void {
    const recorded = toRecordedInstanceEvent(event);
    this.state = evolve(this.state, recorded.event);
    this.view = evolveInstanceView(this.view, recorded);
    const entry = timelineEntry(this.status, recorded);
    this.status = entry.status;
    if (this.keepsTimeline) this.timeline.push(entry);
  }
}

/** Reads the whole store once; every stream of ours is proved on its own. By instance id, else by stream. */
export async function auditStore(store: EventStore): Promise<ReadonlyMap<string, StreamAudit>> {
  const audits = new Map<string, StreamAudit>();
  for await (const { events, caughtUp } of store.subscribeToAll()) {
    for (const event of events.filter(({ stream }) => categoryOf(stream) !== null)) {
      const name = nameOf(event.stream);
      const audit = audits.get(name) ?? new StreamAudit(false);
      audits.set(name, audit);
      audit.take(event);
    }
    if (caughtUp) break;
  }
  return audits;
}

function nameOf(stream: string): string {
  const { category, id } = splitStreamName(stream);
  return category === 'instance' ? id : stream;
}

export function verdictOf(
  audits: ReadonlyMap<string, StreamAudit>,
  readModel: readonly ReadModelRow[],
): AuditVerdict {
  const rows = new Map(readModel.map((row) => [row.instanceId, row]));
  const faults: string[] = [];
  const differences: string[] = [];
  let events = 0;
  for (const [name, audit] of audits) {
    events += audit.events;
    if (audit.fault !== null) faults.push(`${name}: ${audit.fault}`);
    const difference = differenceOf(audit, rows.get(name));
    if (difference !== null) differences.push(`${name}: ${difference}`);
    rows.delete(name);
  }
  for (const instanceId of rows.keys()) differences.push(`${instanceId}: not in the store`);
  const isSound = faults.length === 0 && differences.length === 0;
  return { streams: audits.size, events, faults, differences, isSound };
}

function differenceOf({ view }: StreamAudit, row: ReadModelRow | undefined): string | null {
  if (view === null) return null;
  if (row === undefined) return 'missing in the read model';
  const different = COMPARED.filter((name) => row[name] !== view[name]);
  if (different.length === 0) return null;
  return different.map((name) => `${name} ${row[name]}, replayed ${view[name]}`).join('; ');
}
