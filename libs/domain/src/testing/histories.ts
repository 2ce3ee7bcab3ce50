import type { Decider } from '../decider';
import { fold } from '../decider';
import type { InFlightStatus } from '../status';
import { instanceDecider } from '../commands/instance.decider';
import type { InstanceEvent } from '../instance/instance.events';
import type { WorkOrder } from '../instance/work-order';
import type { RecordedInstanceEvent } from '../instance/instance.events';
import { event } from './examples';

interface Outcome<Event> {
  /** Exactly these events, in this order. */
  then(...events: readonly Event[]): void;
  thenNothing(): void;
  thenRefused(code: string): void;
}

export interface Given<Command, Event> {
  when(command: Command): Outcome<Event>;
}

/** A spec that reads as a sentence: `given(…events).when(command).then(…events)`. */
function givenFor<Command, State, Event>(
  decider: Decider<Command, State, Event>,
): (...events: readonly Event[]) => Given<Command, Event> {
  return (...events) => ({ when: (command) => outcomeOf(decider, events, command) });
}

function outcomeOf<Command, State, Event>(
  decider: Decider<Command, State, Event>,
  events: readonly Event[],
  command: Command,
): Outcome<Event> {
  const decision = () => decider.decide(command, fold(decider, events));
  return {
    then: (...expected) => expect(decision()).toEqual(expected),
    thenNothing: () => expect(decision()).toEqual([]),
    thenRefused: (code) => expect(refusalOf(decision)).toMatchObject({ code }),
  };
}

function refusalOf(decision: () => unknown): unknown {
  try {
    return decision();
  } catch (error) {
    return error;
  }
}

export const given = givenFor(instanceDecider);

/** One whole upgrade, every event of it in order. */
export const WHOLE_UPGRADE: readonly InstanceEvent[] = [
  event('InstanceRegistered'),
  event('UpgradeRequested'),
  event('PreUpgradeStarted'),
  event('PreUpgradeCompleted'),
  event('UpgradePending'),
  event('UpgradeStarted'),
  event('DeploymentRequested'),
  event('DeploymentAccepted'),
  event('DeploymentProgressed'),
  event('UpgradeCompleted'),
  event('PostUpgradePending'),
  event('PostUpgradeStarted'),
  event('PostUpgradeCompleted'),
  event('InstanceVerifiedHealthy'),
];

/** The whole upgrade up to and including the first event of a type. */
export function upTo(type: InstanceEvent['type']): readonly InstanceEvent[] {
  return WHOLE_UPGRADE.slice(0, WHOLE_UPGRADE.findIndex((each) => each.type === type) + 1);
}

/** The shortest way into every status of the path. */
export const HISTORY_INTO: Record<InFlightStatus, readonly InstanceEvent[]> = {
  'pending-pre-upgrade': upTo('UpgradeRequested'),
  'pre-upgrade-running': upTo('PreUpgradeStarted'),
  'pre-upgrade-completed': upTo('PreUpgradeCompleted'),
  'pending-upgrade': upTo('UpgradePending'),
  'upgrade-running': upTo('DeploymentAccepted'),
  'upgrade-completed': upTo('UpgradeCompleted'),
  'pending-post-upgrade': upTo('PostUpgradePending'),
  'post-upgrade-running': upTo('PostUpgradeStarted'),
  'post-upgrade-completed': upTo('PostUpgradeCompleted'),
};

/** The events, with some members of every work order changed. */
export function ordering(
  changes: Partial<WorkOrder>,
  events: readonly InstanceEvent[],
): readonly InstanceEvent[] {
  return events.map((each) => {
    if (!('workOrder' in each.data)) return each;
    const workOrder = { ...each.data.workOrder, ...changes };
    return { ...each, data: { ...each.data, workOrder } } as InstanceEvent;
  });
}

export const INSTANCE_ID = '0b1c6c0e-0000-4000-8000-00000000000a';
/** 2026-03-01T10:00:00Z */
export const FIRST_TIME = 1_772_359_200_000;

/** The events as the store would hand them out, one second apart. */
export function recorded(events: readonly InstanceEvent[]): readonly RecordedInstanceEvent[] {
  return events.map((event, revision) => ({
    instanceId: INSTANCE_ID,
    eventId: `event-${revision}`,
    revision,
    at: FIRST_TIME + revision * 1000,
    event,
  }));
}
