import type { StoredEvent } from '@uplift/contracts';
import { isStoreInOrder } from './bus.rules';
import { factsOf } from './facts';
import type { RunHistory } from './run-history';
import { messageOf, soundHistory } from './sound-history';

const SOUND = soundHistory();
const LAST = SOUND.store.at(-1)!;
const ELSEWHERE = { ...LAST, position: LAST.position + 100n };

/** The store lost its last event and has it again, and the relay has published that too. */
const writtenAnew = (anew: StoredEvent, changes: Partial<RunHistory> = {}): RunHistory => ({
  store: [...SOUND.store.slice(0, -1), anew],
  bus: [...SOUND.bus!, { ...messageOf(anew, SOUND.store.length), ordinal: SOUND.store.length }],
  restores: [{ at: 900, lost: [LAST] }],
  ...changes,
});

describe('the order of the bus', () => {
  it.each([
    ['in its place', LAST],
    ['elsewhere', ELSEWHERE],
  ])('passes over a lost event that was written anew %s', (_where, anew) => {
    expect(isStoreInOrder(factsOf(writtenAnew(anew)))).toEqual([]);
  });

  it.each<[string, Partial<RunHistory>]>([
    ['the store has lost nothing', { restores: [] }],
    ['the bus does not have the new place', { bus: SOUND.bus! }],
  ])('is broken if %s', (_what, changes) => {
    expect(isStoreInOrder(factsOf(writtenAnew(ELSEWHERE, changes)))).not.toEqual([]);
  });
});
