import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { AppendGate } from './append-gate';
import {
  AppendNotTriedError,
  EventStoreUnavailableError,
  RevisionConflictError,
} from './event-store.port';

function setUp() {
  const clock = new VirtualClock();
  const gate = new AppendGate({ clock, randomness: new SeededRandomness(1) });
  const asked = { times: 0, isFull: true };
  const append = () =>
    gate.pass(() => {
      asked.times += 1;
      const full = new EventStoreUnavailableError('no answer');
      return asked.isFull ? Promise.reject(full) : Promise.resolve('taken');
    });
  return { clock, gate, asked, append };
}

describe('appends to a store that takes none', () => {
  it('are refused without being sent, but for one now and then', async () => {
    const { clock, asked, append } = setUp();
    await expect(append()).rejects.toThrow('no answer');
    for (let second = 0; second < 60; second += 1) {
      await Promise.allSettled(Array.from({ length: 20 }, append));
      await expect(append()).rejects.toBeInstanceOf(AppendNotTriedError);
      await clock.advance(1_000);
    }
    expect(asked.times).toBeGreaterThan(20);
    expect(asked.times).toBeLessThan(65);
  });

  it('are taken within two seconds once there is room', async () => {
    const { clock, gate, asked, append } = setUp();
    for (let second = 0; second < 30; second += 1) {
      await append().catch(() => undefined);
      await clock.advance(1_000);
    }
    asked.isFull = false;
    await clock.advance(2_000);
    expect(await append()).toBe('taken');
    expect(gate.failure).toBeUndefined();
    expect(await Promise.all([append(), append()])).toEqual(['taken', 'taken']);
  });

  it('are all sent while the store answers, whatever it answers', async () => {
    const { gate } = setUp();
    const conflict = () => Promise.reject(new RevisionConflictError('instance-1', 3));
    for (let n = 0; n < 3; n += 1) {
      await expect(gate.pass(conflict)).rejects.toBeInstanceOf(RevisionConflictError);
    }
    expect(gate.failure).toBeUndefined();
  });
});
