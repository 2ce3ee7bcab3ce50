import { fold } from '../decider';
import type { EraseActorCommand } from './erasures';
import { erasedIn, erasuresDecider } from './erasures';
import type { SystemEvent } from './system.events';

const asked = { requestedBy: 'operator-7', reason: 'OPS-12' };
const erase = (actorId: string): EraseActorCommand => ({
  type: 'EraseActor',
  data: { actorId, ...asked },
});
const erased = (actorId: string): SystemEvent => ({
  type: 'ActorErased',
  data: { actorId, ...asked },
});
const noted: SystemEvent = { type: 'CommandNoted', data: { command: 'EraseActor' } };
const decided = (command: EraseActorCommand, ...events: SystemEvent[]) =>
  erasuresDecider.decide(command, fold(erasuresDecider, events));

describe('the name of an actor', () => {
  it('is erased by an event that has the id, and no name', () => {
    expect(decided(erase('a-1'))).toEqual([erased('a-1')]);
    expect(decided(erase('a-1'), erased('a-2'), noted)).toEqual([erased('a-1')]);
  });

  it('is erased once', () => {
    expect(decided(erase('a-1'), erased('a-1'), noted, erased('a-2'))).toEqual([]);
  });

  it('is erased for good', () => {
    const state = fold(erasuresDecider, [erased('a-1'), noted, erased('a-2')]);
    expect([...erasedIn(state)].sort()).toEqual(['a-1', 'a-2']);
    expect(erasedIn(null).size).toBe(0);
  });
});
