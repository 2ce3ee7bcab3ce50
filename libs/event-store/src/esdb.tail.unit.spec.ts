import { EventEmitter } from 'node:events';
import { TimeoutError } from '@eventstore/db-client';
import type { StoredEvent } from '@uplift/contracts';
import { Backoff } from '@uplift/runtime';
import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import type { EsdbConnection } from './esdb.connection';
import { unavailable } from './esdb.errors';
import { EsdbTail } from './esdb.tail';
import type { NotFound, TailPorts } from './esdb.tail';
import { PositionNotFoundError } from './event-store.port';
import type { SubscribeToAllOptions } from './event-store.port';

class Subscription extends EventEmitter {
  /** Events that the client has converted and not handed over yet. */
  readableLength = 0;
  readonly isPaused = () => false;
  readonly pause = () => this;
  readonly resume = () => this;
  readonly unsubscribe = () => Promise.resolve();

  /** Events of another program. */
  send(from: number, count: number) {
    for (let n = from; n < from + count; n += 1) {
      const position = { commit: BigInt(n), prepare: BigInt(n) };
      this.emit('data', { event: { streamId: 'ops-1', type: 'Noted', position } });
    }
  }
}

interface Fixture {
  readonly answer?: () => Promise<bigint>;
  readonly lookAt?: TailPorts['lookAt'];
  readonly options?: SubscribeToAllOptions;
}

const never = () => Promise.reject(new Error('asked for nothing'));

function setUp({ answer = never, lookAt = never, options = {} }: Fixture) {
  const clock = new VirtualClock();
  const subscription = new Subscription();
  const subscribeToAll = jest.fn((_from: object) => subscription);
  const line = { client: { isEnded: false, subscribeToAll } };
  const ready = () => Promise.resolve(line);
  const randomness = new SeededRandomness(1);
  const connection = {
    ...{ clock, randomness, ready, answer, translate: unavailable },
    patience: { attemptMs: 4_000, totalMs: 15_000 },
    backoff: () => new Backoff(randomness, { firstMs: 20, longestMs: 500 }),
  };
  const ports = {
    connection: connection as unknown as EsdbConnection,
    lookAt: jest.fn(lookAt),
    onResubscribe: jest.fn(),
  };
  const tail = new EsdbTail(ports, options);
  const seen: boolean[] = [];
  const reading = (async () => {
    for await (const { caughtUp } of tail.batches()) seen.push(caughtUp);
  })();
  return { clock, subscription, subscribeToAll, tail, ports, seen, reading };
}

/** So much at once that the server may have gone back to catching up. */
async function fallBehind({ clock, subscription }: ReturnType<typeof setUp>) {
  await clock.advance(0);
  subscription.emit('caughtUp');
  await clock.advance(0);
  subscription.send(1, 100);
  await turns(clock);
}

async function turns(clock: VirtualClock) {
  for (let turn = 0; turn < 5; turn += 1) await clock.advance(0);
}

it('asks for the end of the store until it is known', async () => {
  const answer = jest.fn(() => Promise.resolve(100n));
  answer.mockRejectedValueOnce(new Error('away')).mockRejectedValueOnce(new Error('away'));
  const fixture = setUp({ answer });
  await fallBehind(fixture);
  expect(fixture.seen.at(-1)).toBe(false);
  await fixture.clock.advance(4_000);
  await turns(fixture.clock);
  expect(fixture.seen.at(-1)).toBe(true);
  expect(answer).toHaveBeenCalledTimes(3);
  fixture.tail.stop();
  await fixture.reading;
});

it('asks no more once it is stopped', async () => {
  const answer = jest.fn(() => Promise.reject(new Error('away')));
  const fixture = setUp({ answer });
  await fallBehind(fixture);
  fixture.tail.stop();
  await fixture.reading;
  await fixture.clock.advance(10_000);
  expect(answer).toHaveBeenCalledTimes(1);
});

describe('the place to go on from', () => {
  const options = { after: 7n, afterId: 'seven' };
  const seven = { id: 'seven', position: 7n } as StoredEvent;

  it('is waited for where a node may be behind', async () => {
    let found: StoredEvent | NotFound = 'beyond-end';
    const fixture = setUp({ options, lookAt: () => Promise.resolve(found) });
    const { clock, subscribeToAll, tail, ports, reading } = fixture;
    await clock.advance(8_000);
    expect(subscribeToAll).not.toHaveBeenCalled();
    found = seven;
    await clock.advance(600);
    expect(subscribeToAll).toHaveBeenCalledTimes(1);
    expect(ports.lookAt.mock.calls.length).toBeLessThan(60);
    tail.stop();
    await reading;
  });

  it('is given up where nothing comes for ten seconds', async () => {
    const { clock, reading } = setUp({ options, lookAt: () => Promise.resolve('beyond-end') });
    const over = jest.fn();
    const refused = expect(reading.finally(over)).rejects.toBeInstanceOf(PositionNotFoundError);
    await clock.advance(9_999);
    expect(over).not.toHaveBeenCalled();
    await clock.advance(600);
    await refused;
  });

  it.each([
    ['has another event', { ...seven, id: 'eight' }],
    ['has no event', 'invalid' as const],
  ])('is refused at once where the store %s', async (_what, found) => {
    const { clock, reading } = setUp({ options, lookAt: () => Promise.resolve(found) });
    const refused = expect(reading).rejects.toBeInstanceOf(PositionNotFoundError);
    await clock.advance(0);
    await refused;
  });

  it('is waited for no longer once the tail is stopped', async () => {
    const fixture = setUp({ options, lookAt: () => Promise.resolve('beyond-end') });
    const { clock, tail, ports, reading, subscribeToAll } = fixture;
    await clock.advance(1_000);
    tail.stop();
    await reading;
    const { length } = ports.lookAt.mock.calls;
    await clock.advance(60_000);
    expect(ports.lookAt.mock.calls.length).toBe(length);
    expect(subscribeToAll).not.toHaveBeenCalled();
  });

  it('is looked up again after a subscription that began before it', async () => {
    const { clock, subscription, subscribeToAll, tail, ports, seen, reading } = setUp({
      options,
      lookAt: () => Promise.resolve(seven),
    });
    await turns(clock);
    subscription.send(6, 1);
    await turns(clock);
    await clock.advance(1_000);
    expect(ports.lookAt).toHaveBeenCalledTimes(2);
    expect(subscribeToAll).toHaveBeenCalledTimes(2);
    expect(seen).toEqual([]);
    tail.stop();
    await reading;
  });
});

it('begins again at once behind the last event where it was thrown out for lagging', async () => {
  const { clock, subscription, subscribeToAll, tail, ports, reading } = setUp({});
  await clock.advance(0);
  subscription.emit('caughtUp');
  subscription.send(1, 3);
  subscription.emit('error', new TimeoutError());
  await turns(clock);
  const fromPosition = { commit: 3n, prepare: 3n };
  expect(subscribeToAll.mock.calls).toEqual([[expect.anything()], [{ fromPosition }]]);
  expect(ports.lookAt).not.toHaveBeenCalled();
  expect(ports.onResubscribe.mock.calls).toEqual([['lagging']]);
  tail.stop();
  await reading;
});

it('has not caught up before what the client still holds of it', async () => {
  const { clock, subscription, tail, seen, reading } = setUp({});
  await clock.advance(0);
  subscription.send(1, 2);
  subscription.readableLength = 3;
  subscription.emit('caughtUp');
  await turns(clock);
  subscription.send(3, 2);
  await turns(clock);
  expect(seen).not.toContain(true);
  subscription.send(5, 1);
  await turns(clock);
  expect(seen.at(-1)).toBe(true);
  tail.stop();
  await reading;
});
