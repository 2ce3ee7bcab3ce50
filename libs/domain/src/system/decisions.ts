import type { Decider } from '../decider';
import { DomainError } from '../decider';
import type { AskedBy } from '../instance/instance.events';

/** A message of the relay whose event the store does not have: the bus was filled from another store, or from a later one. */
export interface DivergedMessage {
  /** Of the bus: what its ordinals count from. */
  readonly epoch: string;
  /** Of the message, within the stream of the bus. */
  readonly sequence: number;
  readonly eventId: string;
}

/** Data of every event of the stream of decisions, by event type. */
export interface DecisionEventData {
  /**
   * The store as it is counts, whatever bus and read model hold: both are filled from it anew. `message` is what showed
   * that the bus differs; null: it was the read model that does.
   */
  StoreAccepted: AskedBy & { readonly message: DivergedMessage | null };
}

export type StoreAcceptedEvent = {
  readonly type: 'StoreAccepted';
  readonly data: DecisionEventData['StoreAccepted'];
};

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

export const decisionsDecider: Decider<AcceptStoreCommand, DecisionsState, StoreAcceptedEvent> = {
  initialState: [],
  decide: ({ data }, state) => {
    const { message, isReadModelOfAnotherStore, ...asked } = data;
    if (message === null && !isReadModelOfAnotherStore) throw new NothingToAcceptError();
    if (message !== null && isAccepted(state, message)) return [];
    return [{ type: 'StoreAccepted', data: { ...asked, message } }];
  },
  evolve: (state, { data: { message } }) => (message === null ? state : [...state, message]),
};

/** Whether an operator has decided on this very message. */
export function isAccepted(state: DecisionsState, message: DivergedMessage): boolean {
  return state.some(
    ({ epoch, sequence, eventId }) =>
      epoch === message.epoch && sequence === message.sequence && eventId === message.eventId,
  );
}
