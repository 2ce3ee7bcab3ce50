import { VirtualClock } from '@uplift/runtime/testing';
import { EventStoreRefusedError, EventStoreUnavailableError } from './event-store.port';
import { RightsWatch, type MissingRightsError } from './rights-watch';
import type { StoreRight } from './store-rights';

const refusal = (right: string, isUnknown = false) =>
  new EventStoreRefusedError({ user: 'api', right, isUnknown });

function setUp(rights: readonly StoreRight[] = ['read streams', 'append']) {
  const clock = new VirtualClock();
  const stopping = new AbortController();
  const denied = new Set<string>();
  let isAway = false;
  const ended: MissingRightsError[] = [];
  const lines: string[] = [];
  const check = jest.fn((right: StoreRight) => {
    if (isAway) return Promise.reject(new EventStoreUnavailableError('away'));
    return denied.has(right) ? Promise.reject(refusal(right)) : Promise.resolve();
  });
  const logger = {
    warn: (line: string) => void lines.push(line),
    info: (_fields: object, line: string) => void lines.push(line),
  };
  const onMissing = (error: MissingRightsError) => void ended.push(error);
  const watch = new RightsWatch(rights, { check, onMissing, clock, logger: logger as never });
  const refused = (right: string) => watch.refused(refusal(right), stopping.signal);
  return {
    ...{ clock, watch, denied, ended, lines, check, stopping, refused },
    start: () => watch.start(stopping.signal),
    setAway: (away: boolean) => (isAway = away),
  };
}

describe('the watch over rights', () => {
  it('asks once when all is granted', async () => {
    const { start, clock, check, watch, ended } = setUp();
    start();
    await clock.advance(60_000);
    expect([check.mock.calls.length, watch.reason, ended]).toEqual([2, undefined, []]);
  });

  it('ends a process that starts without them, with one line for all', async () => {
    const { start, clock, denied, ended } = setUp();
    denied.add('read streams').add('append');
    start();
    await clock.advance(0);
    expect(ended.map(({ message }) => message)).toEqual([
      'The event store denies the connection as user api the right to read streams and to append; `uplift store setup` grants it',
    ]);
  });

  it('waits for a store that is away when it starts', async () => {
    const { start, clock, denied, ended, setAway } = setUp();
    setAway(true);
    denied.add('append');
    start();
    await clock.advance(60_000);
    expect(ended).toEqual([]);
    setAway(false);
    await clock.advance(10_000);
    expect(ended).toHaveLength(1);
  });

  it('tells of a right that is taken away later, ends nothing, and asks until it is back', async () => {
    const { start, clock, denied, ended, lines, watch, refused, check } = setUp();
    start();
    await clock.advance(0);
    denied.add('append');
    for (let times = 0; times < 100; times += 1) refused('append');
    await clock.advance(55_000);
    expect(ended).toEqual([]);
    expect(watch.reason).toBe(
      'The event store denies the connection as user api the right to append; `uplift store setup` grants it',
    );
    expect(lines).toEqual([watch.reason]);
    expect(check.mock.calls.length).toBeLessThan(20);
    denied.delete('append');
    await clock.advance(10_000);
    expect(watch.reason).toBeUndefined();
    expect(lines.at(-1)).toBe('the event store grants again what was missing');
  });

  it('keeps a service ready that is refused on one stream alone, and does not ask all the time', async () => {
    const { start, clock, watch, refused, lines, check } = setUp();
    start();
    await clock.advance(0);
    for (let seconds = 0; seconds < 60; seconds += 1) {
      refused('append');
      expect(watch.reason).toBeUndefined();
      await clock.advance(1_000);
    }
    expect(lines).toEqual([refusal('append').message]);
    expect(check.mock.calls.length).toBeLessThan(20);
  });

  it('finds a right missing that is taken away while it looks at one stream', async () => {
    const { start, clock, denied, watch, refused } = setUp();
    start();
    await clock.advance(0);
    refused('append');
    await clock.advance(1_000);
    denied.add('append');
    refused('append');
    await clock.advance(10_000);
    expect(watch.reason).toContain('the right to append');
  });

  it('tells at most once a minute that a right is back which comes and goes', async () => {
    const { start, clock, denied, lines, refused } = setUp();
    start();
    await clock.advance(0);
    for (let times = 0; times < 3; times += 1) {
      denied.add('append');
      refused('append');
      await clock.advance(10_000);
      denied.delete('append');
      await clock.advance(10_000);
    }
    expect(lines.filter((line) => line.includes('grants again'))).toHaveLength(1);
  });

  it('keeps a service ready that is refused what it does not need', async () => {
    const { start, clock, watch, refused, lines } = setUp(['read streams']);
    start();
    await clock.advance(0);
    refused('append');
    expect(watch.reason).toBeUndefined();
    expect(lines).toHaveLength(1);
  });

  it('ends with its store', async () => {
    const { start, clock, setAway, stopping, check } = setUp();
    setAway(true);
    start();
    await clock.advance(0);
    stopping.abort();
    await clock.advance(60_000);
    expect(check).toHaveBeenCalledTimes(2);
  });
});
