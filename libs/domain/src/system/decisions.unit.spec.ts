import { fold } from '../decider';
import type { AcceptStoreCommand } from './decisions';
import { decisionsDecider, isAccepted, NothingToAcceptError } from './decisions';
import type { DivergedMessage } from './system.events';

const asked = { requestedBy: 'operator-7', reason: 'Restored from the copy of Sunday' };
const message: DivergedMessage = { epoch: 'epoch-1', sequence: 41, eventId: 'event-41' };
const accept = (
  differing: Partial<AcceptStoreCommand['data']> = { message },
): AcceptStoreCommand => ({
  type: 'AcceptStore',
  data: { ...asked, message: null, isReadModelOfAnotherStore: false, ...differing },
});

describe('accepting the store', () => {
  it('names the message that the store does not have, once', () => {
    const events = decisionsDecider.decide(accept(), []);
    expect(events).toEqual([{ type: 'StoreAccepted', data: { ...asked, message } }]);
    expect(decisionsDecider.decide(accept(), fold(decisionsDecider, events))).toEqual([]);
  });

  it.each([
    ['sequence', { sequence: 42 }],
    ['epoch', { epoch: 'epoch-2' }],
    ['event', { eventId: 'event-42' }],
  ])('decides on one message: another %s is another decision', (_what, change) => {
    const other = { ...message, ...change };
    expect(isAccepted([message], message)).toBe(true);
    expect(isAccepted([message], other)).toBe(false);
    expect(decisionsDecider.decide(accept({ message: other }), [message])).toHaveLength(1);
  });

  it('is possible again and again while the read model is of another store', () => {
    const events = decisionsDecider.decide(accept({ isReadModelOfAnotherStore: true }), []);
    expect(events).toMatchObject([{ data: { message: null } }]);
    expect(fold(decisionsDecider, events)).toEqual([]);
  });

  it('is refused while nothing differs', () => {
    expect(() => decisionsDecider.decide(accept({}), [])).toThrow(NothingToAcceptError);
  });
});
