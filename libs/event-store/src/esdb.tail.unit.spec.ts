import { EventEmitter } from 'node:events';
import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import type { EsdbConnection } from './esdb.connection';
import { EsdbTail } from './esdb.tail';

class Subscription extends EventEmitter {
  readonly readableLength = 0;
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

function setUp(answer: () => Promise<bigint>) {
  const clock = new VirtualClock();
  const subscription = new Subscription();
  const line = { client: { isEnded: false, subscribeToAll: () => subscription } };
  const ready = () => Promise.resolve(line);
  const connection = { clock, randomness: new SeededRandomness(1), ready, answer };
  const tail = new EsdbTail(
    {
      connection: connection as unknown as EsdbConnection,
      eventAt: () => Promise.resolve(null),
      onResubscribe: () => undefined,
    },
    {},
  );
  const seen: boolean[] = [];
  const reading = (async () => {
    for await (const { caughtUp } of tail.batches()) seen.push(caughtUp);
  })();
  return { clock, subscription, tail, seen, reading };
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
  const fixture = setUp(answer);
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
  const fixture = setUp(answer);
  await fallBehind(fixture);
  fixture.tail.stop();
  await fixture.reading;
  await fixture.clock.advance(10_000);
  expect(answer).toHaveBeenCalledTimes(1);
});
