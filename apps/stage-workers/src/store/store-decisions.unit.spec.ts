import { StoreDecisions } from './store-decisions';

describe('whether another store was ever accepted', () => {
  function setUp() {
    const watch = { possibleChanges: 1 };
    const lastOf = jest.fn(() => Promise.resolve(null as never));
    return { watch, lastOf, decisions: new StoreDecisions({ lastOf }, watch) };
  }

  it('is read once while store and bus agree', async () => {
    const { lastOf, decisions } = setUp();
    expect([await decisions.wasAccepted(), await decisions.wasAccepted()]).toEqual([false, false]);
    expect(lastOf).toHaveBeenCalledTimes(1);
  });

  it('is read again when the store may have become another one, and is believed from then on', async () => {
    const { watch, lastOf, decisions } = setUp();
    await decisions.wasAccepted();
    watch.possibleChanges = 2;
    lastOf.mockResolvedValueOnce({ type: 'StoreAccepted' } as never);
    expect([await decisions.wasAccepted(), await decisions.wasAccepted()]).toEqual([true, true]);
    expect(lastOf).toHaveBeenCalledTimes(2);
  });

  it('is asked again when the store did not answer', async () => {
    const { lastOf, decisions } = setUp();
    lastOf.mockRejectedValueOnce(new Error('away'));
    await expect(decisions.wasAccepted()).rejects.toThrow('away');
    expect(await decisions.wasAccepted()).toBe(false);
  });
});
