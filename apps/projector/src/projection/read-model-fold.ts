import type { StoredEvent } from '@uplift/contracts';
import { categoryOf, toRecordedInstanceEvent, toRecordedSystemEvent } from '@uplift/contracts';
import type {
  InstanceView,
  RecordedInstanceEvent,
  SwitchView,
  TimelineEntry,
  UpgradeView,
} from '@uplift/domain';
import {
  evolveInstanceView,
  evolveUpgradeView,
  switchView,
  timelineEntry,
  upgradeIdOf,
} from '@uplift/domain';
import { errorMessage } from '@uplift/runtime';
import type { FoldedEvent, ReadModelChanges } from '../read-model/read-model.port';
import { ProjectionHaltedError } from './projection-state';

/** The rows as they were before the batch. */
export interface KnownRows {
  instance(instanceId: string): InstanceView | undefined;
  upgrade(upgradeId: string): UpgradeView | undefined;
}

/** An event that can be folded, beside its form in the store. */
export interface ReadableEvent {
  readonly stored: StoredEvent;
  /** Null for an event of no instance. */
  readonly recorded: RecordedInstanceEvent | null;
  /** The switch that the event sets. */
  readonly switched?: SwitchView | null;
}

/** The events up to the first that this build cannot read, and why the rest is not read. */
export function readableEvents(stored: readonly StoredEvent[]) {
  const events: ReadableEvent[] = [];
  for (const event of stored) {
    try {
      events.push({ stored: event, ...contentOf(event) });
    } catch (cause) {
      return { events, halted: haltedBefore(event, cause) };
    }
  }
  return { events, halted: undefined };
}

function contentOf(stored: StoredEvent): Omit<ReadableEvent, 'stored'> {
  const category = categoryOf(stored.stream);
  if (category === 'instance') return { recorded: toRecordedInstanceEvent(stored) };
  if (category === 'system') {
    return { recorded: null, switched: switchView(toRecordedSystemEvent(stored)) };
  }
  return { recorded: null };
}

function haltedBefore(stored: StoredEvent, cause: unknown): ProjectionHaltedError {
  return new ProjectionHaltedError(errorMessage(cause), stored, { cause });
}

/** Folds a batch: each row that changes ends up here once, in its last form. */
export class ReadModelFold {
  readonly instances = new Map<string, InstanceView>();
  readonly upgrades = new Map<string, UpgradeView>();
  readonly timeline: TimelineEntry[] = [];
  readonly switches = new Map<string, SwitchView>();
  events = 0;
  last: FoldedEvent | undefined;

  constructor(private readonly known: KnownRows) {}

  /** Undefined if nothing was folded. */
  get changes(): ReadModelChanges | undefined {
    const { last, events, timeline } = this;
    if (!last) return undefined;
    const [instances, upgrades] = [[...this.instances.values()], [...this.upgrades.values()]];
    const switches = [...this.switches.values()];
    return { instances, upgrades, timeline, switches, events, last };
  }

  /** Stops before the first event that does not fit and says why. */
  applyAll(events: readonly ReadableEvent[]): ProjectionHaltedError | undefined {
    for (const event of events) {
      try {
        this.fold(event);
      } catch (cause) {
        return haltedBefore(event.stored, cause);
      }
    }
    return undefined;
  }

  private fold({ stored, recorded, switched }: ReadableEvent): void {
    if (recorded !== null) this.foldInstance(stored, recorded);
    if (switched) this.switches.set(switched.switchId, switched);
    this.events += 1;
    this.last = folded(stored);
  }

  private foldInstance(stored: StoredEvent, recorded: RecordedInstanceEvent): void {
    const { instanceId } = recorded;
    const before = this.instances.get(instanceId) ?? this.known.instance(instanceId) ?? null;
    refuseGap(before, stored);
    const instance = evolveInstanceView(before, recorded);
    const entry = timelineEntry(before?.status ?? null, recorded);
    const upgrade = this.foldUpgrade(recorded);

    this.instances.set(instanceId, instance);
    if (upgrade) this.upgrades.set(upgrade.upgradeId, upgrade);
    this.timeline.push(entry);
  }

  private foldUpgrade(recorded: RecordedInstanceEvent): UpgradeView | null {
    const upgradeId = upgradeIdOf(recorded.event);
    if (upgradeId === null) return null;
    const before = this.upgrades.get(upgradeId) ?? this.known.upgrade(upgradeId) ?? null;
    const after = evolveUpgradeView(before, recorded);
    if (after === null) throw new Error(`Upgrade ${upgradeId} was never requested`);
    return after;
  }
}

function folded({ id, position, recordedAt, metadata }: StoredEvent): FoldedEvent {
  return { id, position, recordedAt, hash: metadata.hash };
}

function refuseGap(before: InstanceView | null, { stream, revision }: StoredEvent): void {
  const expected = before === null ? 0 : before.revision + 1;
  if (revision === expected) return;
  throw new Error(`The read model expects revision ${expected} of ${stream} next`);
}
