import type { StoredEvent } from '@uplift/contracts';
import type {
  FindingView,
  InstanceView,
  RecordedInstanceEvent,
  RecordedSystemEvent,
  SwitchView,
  TimelineEntry,
  UpgradeView,
} from '@uplift/domain';
import {
  evolveFinding,
  evolveInstanceView,
  evolveUpgradeView,
  findingIdIn,
  switchView,
  timelineEntry,
  unreadableEntry,
  unreadableInstanceView,
  upgradeIdOf,
} from '@uplift/domain';
import { errorMessage } from '@uplift/runtime';
import type { FoldedEvent, ReadModelChanges } from '../read-model/read-model.port';
import { ProjectionHaltedError } from './projection-state';
import { acceptanceOf, hashOf } from './store-identity';
import type { EventOfInstance, ReadableEvent } from './readable-event';
import { historyEndingAt, UnreadableEventError } from './readable-event';

/** The rows as they were before the batch. */
export interface KnownRows {
  instance(instanceId: string): InstanceView | undefined;
  upgrade(upgradeId: string): UpgradeView | undefined;
  finding(findingId: string): FindingView | undefined;
}

/** An event that could not be read, and why. */
export interface SetAside {
  readonly stored: StoredEvent;
  readonly fault: UnreadableEventError;
}

/** Folds a batch: each row that changes ends up here once, in its last form. */
export class ReadModelFold {
  readonly instances = new Map<string, InstanceView>();
  readonly upgrades = new Map<string, UpgradeView>();
  readonly timeline: TimelineEntry[] = [];
  readonly switches = new Map<string, SwitchView>();
  readonly findings = new Map<string, FindingView>();
  /** What could not be read: the first event of each instance, and every one of the system. */
  readonly setAside: SetAside[] = [];
  events = 0;
  last: FoldedEvent | undefined;
  private acceptedStore: string | undefined;

  constructor(private readonly known: KnownRows) {}

  /** Undefined if nothing was folded. */
  get changes(): ReadModelChanges | undefined {
    const { last, events, timeline, acceptedStore } = this;
    if (!last) return undefined;
    return {
      instances: [...this.instances.values()],
      upgrades: [...this.upgrades.values()],
      timeline,
      switches: [...this.switches.values()],
      findings: [...this.findings.values()],
      ...(acceptedStore === undefined ? {} : { acceptedStore }),
      events,
      last,
    };
  }

  /** Stops before the first event at which the projection itself fails, and says why. */
  applyAll(events: readonly ReadableEvent[]): ProjectionHaltedError | undefined {
    for (const event of events) {
      try {
        this.fold(event);
      } catch (cause) {
        return new ProjectionHaltedError(errorMessage(cause), event.stored, { cause });
      }
    }
    return undefined;
  }

  private fold(event: ReadableEvent): void {
    const { kind, stored } = event;
    if (kind === 'instance' || kind === 'unreadable') this.foldInstance(event);
    if (kind === 'system') this.foldSystem(stored, event.recorded);
    if (kind === 'unreadable-system') this.setAside.push(event);
    this.events += 1;
    this.last = folded(stored);
  }

  private foldInstance(event: EventOfInstance): void {
    const { stored, instanceId } = event;
    const before = this.instances.get(instanceId) ?? this.known.instance(instanceId) ?? null;
    if (before?.unreadable) return this.passOver(before);
    try {
      if (event.kind === 'unreadable') throw event.fault;
      this.foldReadable(before, stored, event.recorded);
    } catch (error) {
      if (!(error instanceof UnreadableEventError)) throw error;
      this.markUnreadable(before, instanceId, { stored, fault: error });
    }
  }

  private foldReadable(
    before: InstanceView | null,
    stored: StoredEvent,
    recorded: RecordedInstanceEvent,
  ): void {
    refuseGap(before, stored);
    const instance = evolved(before, recorded);
    const entry = timelineEntry(before?.status ?? null, recorded);
    const upgrade = this.foldUpgrade(recorded);
    this.instances.set(recorded.instanceId, instance);
    if (upgrade) this.upgrades.set(upgrade.upgradeId, upgrade);
    this.timeline.push(entry);
  }

  private foldUpgrade(recorded: RecordedInstanceEvent): UpgradeView | null {
    const upgradeId = upgradeIdOf(recorded.event);
    if (upgradeId === null) return null;
    const before = this.upgrades.get(upgradeId) ?? this.known.upgrade(upgradeId) ?? null;
    const after = evolveUpgradeView(before, recorded);
    if (after !== null) return after;
    throw new UnreadableEventError('illegal-step', `Upgrade ${upgradeId} was never requested`);
  }

  private markUnreadable(before: InstanceView | null, instanceId: string, found: SetAside): void {
    const history = historyEndingAt(found.stored, found.fault);
    this.instances.set(instanceId, unreadableInstanceView(before, instanceId, history));
    this.timeline.push(unreadableEntry(before?.status ?? null, instanceId, history));
    this.setAside.push(found);
  }

  /** Nothing is known of what such an event means. */
  private passOver(view: InstanceView): void {
    const { unreadable } = view;
    if (!unreadable) return;
    const laterEvents = unreadable.laterEvents + 1;
    this.instances.set(view.instanceId, { ...view, unreadable: { ...unreadable, laterEvents } });
  }

  private foldSystem(stored: StoredEvent, recorded: RecordedSystemEvent): void {
    const switched = switchView(recorded);
    if (switched) this.switches.set(switched.switchId, switched);
    this.acceptedStore = acceptanceOf(stored) ?? this.acceptedStore;
    const findingId = findingIdIn(recorded);
    if (findingId === null) return;
    const before = this.findings.get(findingId) ?? this.known.finding(findingId) ?? null;
    const finding = evolveFinding(before, recorded);
    if (finding) this.findings.set(findingId, finding);
  }
}

function folded(stored: StoredEvent): FoldedEvent {
  const { id, stream, revision, position, recordedAt } = stored;
  return { id, stream, revision, position, recordedAt, hash: hashOf(stored) };
}

function evolved(before: InstanceView | null, recorded: RecordedInstanceEvent): InstanceView {
  const { type } = recorded.event;
  if (type === 'InstanceRegistered') return registered(before, recorded);
  if (before === null) {
    throw new UnreadableEventError('illegal-step', `${type} came before the registration`);
  }
  const after = evolveInstanceView(before, recorded);
  if (!before.state || after.state) return after;
  const detail = `${type} cannot happen to an instance that is ${before.status}`;
  throw new UnreadableEventError('illegal-step', detail);
}

/** The first time, or again after it was deregistered. */
function registered(before: InstanceView | null, recorded: RecordedInstanceEvent): InstanceView {
  if (before === null || before.status === 'removed') return evolveInstanceView(before, recorded);
  throw new UnreadableEventError('illegal-step', 'It is registered a second time');
}

/** Events that are missing are the fault of the history; one that comes again is that of the rows. */
function refuseGap(before: InstanceView | null, { stream, revision }: StoredEvent): void {
  const expected = before === null ? 0 : before.revision + 1;
  if (revision === expected) return;
  const detail = `Revision ${expected} of ${stream} should come next, and ${revision} came`;
  if (revision > expected) throw new UnreadableEventError('broken-chain', detail);
  throw new Error(detail);
}
