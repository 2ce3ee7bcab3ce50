import type { Decider } from '../decider';
import { fold } from '../decider';

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
export function givenFor<Command, State, Event>(
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
