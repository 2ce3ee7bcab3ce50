import type { Decider } from '../decider';
import { DomainError } from '../decider';
import type { AskedBy } from '../instance/instance.events';
import type { DivergedMessage, SystemEvent } from './system.events';

/** What is found to differ from the store just now. */
export interface Differing {
  readonly message: DivergedMessage | null;
  readonly isReadModelOfAnotherStore: boolean;
}

export interface AcceptStoreCommand {
  readonly type: 'AcceptStore';
  readonly data: AskedBy & Differing;
}

/** Store, bus and read model agree. */
export class NothingToAcceptError extends DomainError {
  readonly code = 'nothing-to-accept';
  constructor() {
    super('Store, bus and read model agree as far as is known: there is nothing to decide on');
  }
}

/** Messages that an operator has decided on, oldest first. */
export type DecisionsState = readonly DivergedMessage[];

export const decisionsDecider: Decider<AcceptStoreCommand, DecisionsState, SystemEvent> = {
  initialState: [],
  decide: ({ data }, state) => {
    const { message, isReadModelOfAnotherStore, ...asked } = data;
    if (message === null && !isReadModelOfAnotherStore) throw new NothingToAcceptError();
    if (message !== null && isAccepted(state, message)) return [];
    return [{ type: 'StoreAccepted', data: { ...asked, message } }];
  },
  evolve: (state, event) => {
    const message = event.type === 'StoreAccepted' ? event.data.message : null;
    return message === null ? state : [...state, message];
  },
};

/** Whether an operator has decided on this very message. */
export function isAccepted(state: DecisionsState, message: DivergedMessage): boolean {
  return state.some(
    ({ epoch, sequence, eventId }) =>
      epoch === message.epoch && sequence === message.sequence && eventId === message.eventId,
  );
}
