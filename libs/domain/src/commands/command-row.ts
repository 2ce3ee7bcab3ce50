import type { InFlightStatus, InstanceStatus } from '../status';
import type {
  InstanceEvent,
  InstanceEventData,
  InstanceEventType,
} from '../instance/instance.events';
import { eventOf } from '../instance/instance.events';
import type {
  AbsentInstance,
  InstanceState,
  KnownInstance,
  RestingInstance,
  UpgradingInstance,
} from '../instance/instance.state';

type AnyStatus = InstanceStatus | 'absent';

/** What an instance is in a status. */
type StateIn<Status extends AnyStatus> = Status extends 'absent'
  ? AbsentInstance
  : Status extends InFlightStatus
    ? UpgradingInstance
    : RestingInstance & { readonly status: Status };

/** What is known of one command: where it is due, and what it leads to. */
export interface AnyCommandRow<Data, Status extends AnyStatus = AnyStatus, State = InstanceState> {
  /** Statuses in which the command is due. */
  readonly in: readonly Status[] | ((data: Data) => readonly Status[]);
  /** What a due command produces: nothing if its effect already holds. Throws a DomainError if it is illegal. */
  decide(data: Data, state: State): readonly InstanceEvent[];
  /** In any other status. Without it a late command produces nothing, and one ahead of its time is refused. */
  elsewhere?(data: Data, state: KnownInstance): readonly InstanceEvent[];
}

/** `decide` gets the states that go with `in`; that it gets no other is up to whoever looks the row up. */
export type CommandRow<Data, Status extends AnyStatus = InFlightStatus> = AnyCommandRow<
  Data,
  Status,
  StateIn<Status>
>;

/** The rows of some commands that are due in statuses of one kind. */
export type CommandRows<Commands, Status extends AnyStatus = InFlightStatus> = {
  readonly [Type in keyof Commands]: CommandRow<Commands[Type], Status>;
};

/** Nothing is begun after a cancel, nor while an operator holds the instance: it is offered again when it is let go. */
export function unlessStopped<Data>(
  decide: (data: Data, state: UpgradingInstance) => readonly InstanceEvent[],
) {
  return (data: Data, state: UpgradingInstance) =>
    state.workOrder.parked || isStopped(state) ? [] : decide(data, state);
}

/** Once the attempt has come as far as the proof of health, a cancel stands in its way no more. */
export function isStopped({ status, workOrder }: UpgradingInstance): boolean {
  return workOrder.cancelRequested === true && status !== 'post-upgrade-completed';
}

/** Decides on an event that says what the command says. */
export function producing<Type extends InstanceEventType>(type: Type) {
  return (data: InstanceEventData[Type]) => [eventOf(type, data)];
}
