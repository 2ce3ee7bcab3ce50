/**
 * A decision and its consequence, both pure: time, ids and I/O stay outside.
 * `decide` returns no events if the command's effect already holds, and throws a DomainError if it is illegal.
 */
export interface Decider<Command, State, Event> {
  readonly initialState: State;
  readonly decide: (command: Command, state: State) => readonly Event[];
  readonly evolve: (state: State, event: Event) => State;
}

export function fold<State, Event>(
  decider: Pick<Decider<never, State, Event>, 'initialState' | 'evolve'>,
  events: readonly Event[],
): State {
  return events.reduce(decider.evolve, decider.initialState);
}

/** A broken rule. Only the code and the fields cross a process border. */
export abstract class DomainError extends Error {
  abstract readonly code: string;
}
