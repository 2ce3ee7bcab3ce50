import type { Decider } from '../decider';
import type { AskedBy } from '../instance/instance.events';
import type { SystemEvent } from './system.events';

/** Whose names were erased, the newest first: one that follows shares all before it. Null where there is none. */
export type ErasuresState = {
  readonly actorId: string;
  readonly before: ErasuresState;
} | null;

export interface EraseActorCommand {
  readonly type: 'EraseActor';
  readonly data: { readonly actorId: string } & AskedBy;
}

/** Idempotent: an erased actor stays erased. One that nobody has heard of may be erased too, before it comes. */
export const erasuresDecider: Decider<EraseActorCommand, ErasuresState, SystemEvent> = {
  initialState: null,
  decide: ({ data }, state) =>
    erasedIn(state).has(data.actorId) ? [] : [{ type: 'ActorErased', data }],
  evolve: (before, { type, data }) =>
    type === 'ActorErased' ? { actorId: data.actorId, before } : before,
};

export function erasedIn(state: ErasuresState): ReadonlySet<string> {
  const erased = new Set<string>();
  for (let each = state; each !== null; each = each.before) erased.add(each.actorId);
  return erased;
}
