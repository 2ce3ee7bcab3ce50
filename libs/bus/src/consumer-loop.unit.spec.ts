import { encodeEvent } from '@uplift/contracts';
import { VirtualClock } from '@uplift/runtime/testing';
import type { DeliveryOutcome, Held } from './ack-policy';
import type { BusConnection, PullListener, PullRequest } from './bus-connection.port';
import { consumerRow } from './bus-topology';
import { ConsumerLoop } from './consumer-loop';
import { HANDED_EVENT, handing, UPGRADE_ROW } from './testing/handed-messages';

describe('a message', () => {
  it('is answered for only after its handler has done its work', async () => {
    let finish: () => void = () => undefined;
    const work = new Promise<void>((resolve) => (finish = resolve));
    const { clock, answers, deliver } = handing(() => work);
    await deliver();
    expect(answers).toEqual([]);
    finish();
    await clock.advance(0);
    expect(answers).toEqual([{ kind: 'ack' }]);
  });

  it('comes again when its handler has failed', async () => {
    const { answers, deliver } = handing(() => Promise.reject(new Error('no')));
    await deliver();
    expect(answers).toMatchObject([{ kind: 'nak' }]);
  });
});

describe('a message whose work goes on after its handler', () => {
  const heldWork = () => {
    let settle: (outcome: DeliveryOutcome) => void = () => undefined;
    const dropped = jest.fn();
    const held: Held = { kind: 'held', begin: (given) => void (settle = given), drop: dropped };
    return { held, dropped, end: (outcome: DeliveryOutcome) => settle(outcome) };
  };

  it('is kept without what was received, and answered for when the work has ended', async () => {
    const { held, end } = heldWork();
    const { answers, deliver, loop, told } = handing(() => Promise.resolve(held));
    await deliver();
    expect([answers, loop.inHand]).toEqual([[], 1]);
    loop.keep();
    expect(told).toEqual(['forget', 'keep']);
    end({ kind: 'done' });
    end({ kind: 'retry', delayMs: 0 });
    expect([answers, loop.inHand]).toEqual([[{ kind: 'ack' }], 0]);
  });

  it('is given back when the process stops, and its work ends', async () => {
    const { held, end, dropped } = heldWork();
    const { answers, deliver, loop, clock } = handing(() => Promise.resolve(held));
    await deliver();
    await loop.stop(clock.idle(1_000));
    end({ kind: 'done' });
    expect(answers).toEqual([{ kind: 'nak', delayMs: 0 }]);
    expect(dropped).toHaveBeenCalledTimes(1);
  });

  it('is given back if its handler ends while the process stops', async () => {
    const { held, dropped } = heldWork();
    let finish: () => void = () => undefined;
    const work = new Promise<Held>((resolve) => (finish = () => resolve(held)));
    const { answers, deliver, loop, clock } = handing(() => work);
    await deliver();
    const stopped = loop.stop(clock.idle(60_000));
    finish();
    await stopped;
    expect(answers).toEqual([{ kind: 'nak', delayMs: 0 }]);
    expect(dropped).toHaveBeenCalledTimes(1);
  });
});

test('messages of more bytes than a process may have in work are not asked for', async () => {
  let finish: () => void = () => undefined;
  const work = new Promise<void>((resolve) => (finish = resolve));
  const { asked, deliver, clock } = handing(() => work, { bytes: UPGRADE_ROW.mostBytes });
  await deliver();
  const before = asked();
  await clock.advance(60_000);
  expect(asked()).toBe(before);
  finish();
  await clock.advance(60_000);
  expect(asked()).toBeGreaterThan(before);
});

test.each(['pre-upgrade', 'upgrade'])(
  'as many small work orders wait in %s as a process may have in hand',
  async (durable) => {
    const clock = new VirtualClock();
    const message = encodeEvent(HANDED_EVENT, { ordinal: 1, epoch: 'e' });
    const ignore = () => undefined;
    const counted = { sequence: 1, deliveryCount: 1, bytes: 1_850 };
    const delivery = { ...message, ...counted, forget: ignore, keep: ignore, settle: ignore };
    const connection = {
      clock,
      isConnected: true,
      hasConsumer: () => Promise.resolve(true),
      pull: ({ batch }: PullRequest, listener: PullListener) => {
        const all = Array.from({ length: batch }, () => delivery);
        clock.after(1, () => all.forEach((each) => listener.onDelivery(each)));
        return { drain: () => Promise.resolve(), close: ignore };
      },
    } as unknown as BusConnection;
    const row = consumerRow(durable)!;
    const handle = () => new Promise(ignore);
    const hooks = { handle, onUnreadable: ignore, onError: ignore, onBeat: ignore };
    const loop = new ConsumerLoop(connection, row, hooks);
    loop.start();
    await clock.advance(2_000);
    expect(loop.inHand).toBeGreaterThanOrEqual(row.maxAckPending);
    await loop.stop(Promise.resolve());
  },
);
