import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { InMemoryDeliveryQueue } from '../testing/in-memory.delivery-queue';
import { ScriptedReceiver } from '../testing/scripted.receiver';
import type { ReceiverAnswer } from './receiver.port';
import { Secrets } from './secrets';
import { Sender } from './sender';
import { SignedCalls } from './signed-calls';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const GIVE_UP = 3 * HOUR;
const AWAY = 2 * HOUR;
const SHOP = 'https://shop.example.com/hooks';
const BILLS = 'https://bills.example.com/hooks';
const TIMES = { firstMs: SECOND, longestMs: HOUR / 4 };

function setUp() {
  const clock = new VirtualClock();
  const randomness = new SeededRandomness(7);
  const queue = new InMemoryDeliveryQueue(clock, { leaseMs: 30 * SECOND, giveUpMs: GIVE_UP });
  const receiver = new ScriptedReceiver();
  const secrets = new Secrets(['a key that nobody has to know in a test'], randomness);
  const outcomes: string[] = [];
  const senders: Sender[] = [];
  const start = () => {
    const sender = new Sender({
      ...{ queue, clock, randomness, times: TIMES },
      calls: new SignedCalls(receiver, secrets, clock),
      logger: { info: () => undefined, warn: () => undefined },
      onAttempt: (outcome) => outcomes.push(outcome),
      onBeat: () => undefined,
    });
    senders.push(sender);
    sender.start();
    return sender;
  };
  const add = (webhookId: string, url: string) => {
    const sealed = secrets.seal(secrets.make(), webhookId);
    const signing = [{ sealed, until: null }];
    queue.add({ webhookId, url, format: 'cloudevents', secrets: signing, failures: 0 });
  };
  const queued = (webhookId: string, ...ids: readonly string[]) =>
    queue.queue(webhookId, ...ids.map((eventId) => deliveryOf(eventId)));
  const stop = async () => {
    const stopped = Promise.all(senders.map((each) => each.stop()));
    await clock.advance(SECOND);
    await stopped;
  };
  add('shop', SHOP);
  add('bills', BILLS);
  return { clock, queue, receiver, outcomes, start, queued, stop };
}

/** `a-1` is the first event of instance a. */
function deliveryOf(eventId: string) {
  const [instanceId = ''] = eventId.split('-');
  return { eventId, instanceId, event: 'tested', body: '{}' };
}

describe('deliveries', () => {
  it('come in the order of their events, for each instance by itself', async () => {
    const { clock, receiver, start, queued, stop } = setUp();
    queued('shop', 'a-1', 'b-1', 'a-2', 'b-2', 'a-3');
    start();
    await clock.advance(SECOND);
    const told = receiver.told(SHOP);
    const of = (instance: string) => told.filter((id) => id.startsWith(instance));
    expect([of('a'), of('b')]).toEqual([
      ['a-1', 'a-2', 'a-3'],
      ['b-1', 'b-2'],
    ]);
    await stop();
  });

  it('wait behind one of their instance that is refused, which holds up no other instance', async () => {
    const { clock, queue, receiver, start, queued, stop } = setUp();
    let refusals = 3;
    receiver.answer(SHOP, ({ headers }) => {
      const isRefused = headers['webhook-id'] === 'a-1' && (refusals -= 1) >= 0;
      return { status: isRefused ? 422 : 200 };
    });
    queued('shop', 'a-1', 'a-2', 'b-1', 'b-2');
    start();
    await clock.advance(0);
    expect(queue.shown('shop')).toEqual([
      ...['a-1 pending 1', 'a-2 pending 0', 'b-1 delivered 1', 'b-2 delivered 1'],
    ]);
    await clock.advance(30 * SECOND);
    const told = receiver.told(SHOP).filter((id) => id.startsWith('a'));
    expect(told).toEqual(['a-1', 'a-1', 'a-1', 'a-1', 'a-2']);
    await stop();
  });

  it('lose nothing while a receiver is away for hours, and are tried less and less often', async () => {
    const { clock, queue, receiver, start, queued, stop } = setUp();
    receiver.answer(SHOP, () => 'no answer');
    const ids = Array.from({ length: 200 }, (_, n) => `i${n % 40}-${n}`);
    queued('shop', ...ids);
    queued('bills', 'a-1', 'a-2');
    start();
    await clock.advance(SECOND);
    expect(receiver.told(BILLS)).toEqual(['a-1', 'a-2']);
    await clock.advance(AWAY);
    const tried = receiver.told(SHOP).length;
    // The longest pause is a quarter of an hour, half of it by chance.
    expect(tried).toBeGreaterThan(AWAY / TIMES.longestMs);
    expect(tried).toBeLessThan((2 * AWAY) / TIMES.longestMs + 40);
    receiver.answer(SHOP, () => ({ status: 204 }));
    await clock.advance(HOUR);
    expect(queue.shown('shop').filter((each) => !each.includes('delivered'))).toEqual([]);
    const good = receiver.told(SHOP).slice(-ids.length);
    for (let n = 0; n < 40; n += 1) {
      const of = (all: readonly string[]) => all.filter((id) => id.startsWith(`i${n}-`));
      expect(of(good)).toEqual(of(ids));
    }
    await stop();
  });

  it('are given up at last, one after the other, and those behind go on', async () => {
    const { clock, queue, receiver, start, queued, stop } = setUp();
    receiver.answer(SHOP, ({ headers }) => ({
      status: headers['webhook-id'] === 'a-1' ? 400 : 200,
    }));
    queued('shop', 'a-1', 'a-2');
    start();
    await clock.advance(GIVE_UP - HOUR);
    expect(queue.shown('shop')).toEqual([expect.stringContaining('a-1 pending'), 'a-2 pending 0']);
    await clock.advance(2 * HOUR);
    expect(queue.shown('shop')).toEqual([expect.stringContaining('a-1 failed'), 'a-2 delivered 1']);
    await stop();
  });

  it('rest for as long as the receiver asks for, if that is no longer than ours', async () => {
    const { clock, receiver, start, queued, stop } = setUp();
    const answers: ReceiverAnswer[] = [
      { status: 429, retryAfter: '120' },
      { status: 503, retryAfter: String(10 * 24 * 3_600) },
    ];
    receiver.answer(SHOP, () => answers.shift() ?? { status: 200 });
    queued('shop', 'a-1');
    start();
    await clock.advance(119 * SECOND);
    expect(receiver.told(SHOP)).toHaveLength(1);
    await clock.advance(2 * SECOND);
    expect(receiver.told(SHOP)).toHaveLength(2);
    await clock.advance(TIMES.longestMs - 5 * SECOND);
    expect(receiver.told(SHOP)).toHaveLength(2);
    await clock.advance(6 * SECOND);
    expect(receiver.told(SHOP)).toHaveLength(3);
    await stop();
  });

  it('of a slow receiver hold up nobody else', async () => {
    const { clock, receiver, start, queued, stop } = setUp();
    const ended: (() => void)[] = [];
    receiver.answer(
      SHOP,
      () => new Promise((resolve) => ended.push(() => resolve({ status: 200 }))),
    );
    queued('shop', ...Array.from({ length: 50 }, (_, n) => `i${n}-1`));
    queued('bills', 'a-1');
    start();
    await clock.advance(SECOND);
    expect(receiver.told(SHOP)).toHaveLength(8);
    queued('bills', 'a-2');
    await clock.advance(SECOND);
    expect(receiver.told(BILLS)).toEqual(['a-1', 'a-2']);
    const stopped = stop();
    ended.forEach((end) => end());
    await stopped;
  });

  it("are one process's at a time, and go on in another one when that ends", async () => {
    const { clock, queue, receiver, start, queued, stop } = setUp();
    const first = start();
    start();
    queued('shop', 'a-1', 'a-2', 'b-1');
    await clock.advance(SECOND);
    expect(receiver.told(SHOP)).toHaveLength(3);
    const stopping = first.stop();
    await clock.advance(SECOND);
    await stopping;
    queued('shop', 'a-3');
    await clock.advance(SECOND);
    expect(queue.shown('shop')).toEqual([
      ...['a-1 delivered 1', 'a-2 delivered 1', 'b-1 delivered 1', 'a-3 delivered 1'],
    ]);
    await stop();
  });

  it('are sent again under the same id where the outcome is not kept, and by nobody before every call has ended', async () => {
    const { clock, queue, receiver, start, queued, stop } = setUp();
    const answers: (() => void)[] = [];
    receiver.answer(SHOP, ({ headers }) =>
      headers['webhook-id'] === 'b-1'
        ? new Promise<ReceiverAnswer>((resolve) => answers.push(() => resolve({ status: 200 })))
        : { status: 200 },
    );
    queued('shop', 'a-1', 'b-1', 'b-2');
    queue.loseNextOutcome();
    start();
    start();
    await clock.advance(5 * SECOND);
    expect(receiver.told(SHOP)).toEqual(['a-1', 'b-1']);
    answers.forEach((answer) => answer());
    await clock.advance(5 * SECOND);
    expect([...receiver.told(SHOP)].sort()).toEqual(['a-1', 'a-1', 'b-1', 'b-2']);
    expect(queue.shown('shop')).toEqual(['a-1 delivered 1', 'b-1 delivered 1', 'b-2 delivered 1']);
    await stop();
  });
});
