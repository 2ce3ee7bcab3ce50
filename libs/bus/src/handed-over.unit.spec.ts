import type { DeliveryOutcome, Held } from './ack-policy';
import type { EventDelivery } from './consumer-loop';
import { HandedOver, placeOf } from './handed-over';
import { HANDED_EVENT as EVENT, handing, UPGRADE_ROW } from './testing/handed-messages';

/** A handler that notes what it is given, and works until it is told how that ends. */
class Handler {
  readonly given: EventDelivery[] = [];
  private readonly ends: ((outcome: unknown) => void)[] = [];

  readonly handle = (delivery: EventDelivery): Promise<unknown> => {
    this.given.push(delivery);
    return new Promise((resolve) => this.ends.push(resolve));
  };

  end(outcome: unknown): void {
    this.ends.shift()?.(outcome);
  }

  get flags(): readonly object[] {
    return this.given.map(({ isAhead, isDone }) => ({ isAhead, isDone }));
  }
}

const DONE = { kind: 'done' };
const AHEAD = { isAhead: true, isDone: undefined };
const KNOWN = { isAhead: undefined, isDone: true };
const ORDINARY = { isAhead: undefined, isDone: undefined };

function offering(concurrency = 8, bytes = 100) {
  const handler = new Handler();
  const handed = handing(handler.handle, { concurrency, bytes });
  const end = async (outcome: unknown = DONE) => {
    handler.end(outcome);
    await handed.clock.advance(0);
  };
  return { ...handed, handler, end };
}

describe('an event that is handed over ahead of its message', () => {
  it('is handled at once, and its message is known as done when it comes', async () => {
    const { handler, offer, deliver, end, answers } = offering();
    expect(await offer()).toBe(true);
    await end();
    await deliver();
    expect(handler.flags).toEqual([AHEAD, KNOWN]);
    expect(answers).toEqual([]);
    await end();
    expect(answers).toEqual([{ kind: 'ack' }]);
  });

  it('is answered for with its work where its message comes meanwhile', async () => {
    const { handler, offer, deliver, end, answers, loop, told } = offering();
    await offer();
    await deliver();
    expect([handler.flags, answers, loop.inHand]).toEqual([[AHEAD], [], 1]);
    loop.keep();
    expect(told).toEqual(['forget', 'keep']);
    await end();
    expect(answers).toEqual([{ kind: 'ack' }]);
    await deliver(EVENT, 'e', 2);
    expect(handler.flags).toEqual([AHEAD, ORDINARY]);
  });

  it.each([
    ['comes again with its message', { kind: 'retry', delayMs: 700 }, 700],
    ['is judged by its message where it could not be used', { kind: 'rejected' }, 0],
  ])('%s', async (_what, outcome, delayMs) => {
    const { offer, deliver, end, answers } = offering();
    await offer();
    await deliver();
    await end(outcome);
    expect(answers).toEqual([{ kind: 'nak', delayMs }]);
  });

  it.each([[{ kind: 'retry', delayMs: 0 }], [{ kind: 'rejected' }], ['nonsense']])(
    'is left to its message after %j',
    async (outcome) => {
      const { handler, offer, deliver, end } = offering();
      await offer();
      await end(outcome);
      await deliver();
      expect(handler.flags).toEqual([AHEAD, ORDINARY]);
    },
  );

  it.each([
    ['another event at its place', { ...EVENT, id: '0b1c6c0e-0000-4000-8000-0000000000ff' }, 'e'],
    ['a later event of its stream', { ...EVENT, revision: 2 }, 'e'],
    ['another filling of the bus', EVENT, 'f'],
  ])('does not vouch for the message of %s', async (_words, event, epoch) => {
    const { handler, offer, deliver, end } = offering();
    await offer();
    await end();
    await deliver(event, epoch);
    expect(handler.flags).toEqual([AHEAD, ORDINARY]);
  });

  describe('and whose work goes on after its handler', () => {
    const holding = async () => {
      const fixture = offering();
      let settle: (outcome: DeliveryOutcome) => void = () => undefined;
      const drop = jest.fn();
      const held: Held = { kind: 'held', begin: (given) => void (settle = given), drop };
      await fixture.offer();
      await fixture.end(held);
      return { ...fixture, drop, settle: (outcome: DeliveryOutcome) => settle(outcome) };
    };

    it('is answered for when that has ended', async () => {
      const { deliver, answers, handler, loop, settle } = await holding();
      await deliver();
      expect([answers, handler.flags, loop.inHand]).toEqual([[], [AHEAD], 1]);
      settle({ kind: 'done' });
      expect([answers, loop.inHand]).toEqual([[{ kind: 'ack' }], 0]);
    });

    it('is known as done where its message comes after the end', async () => {
      const { deliver, handler, settle } = await holding();
      settle({ kind: 'done' });
      await deliver();
      expect(handler.flags).toEqual([AHEAD, KNOWN]);
    });

    it.each([true, false])('is dropped by a process that stops, message there: %s', async (is) => {
      const { deliver, answers, loop, drop } = await holding();
      if (is) await deliver();
      await loop.stop(new Promise(() => undefined));
      expect(drop).toHaveBeenCalledTimes(1);
      expect(answers).toEqual(is ? [{ kind: 'nak', delayMs: 0 }] : []);
    });
  });

  it('is taken once', async () => {
    const { offer, end } = offering();
    expect([await offer(), await offer()]).toEqual([true, false]);
    await end();
    expect(await offer()).toBe(false);
  });

  it('waits for its message where all hands are full, or others are in front of it', async () => {
    const full = offering(1);
    await full.offer();
    expect(await full.offer({ ...EVENT, revision: 2 })).toBe(false);
    await full.deliver({ ...EVENT, revision: 3 });
    await full.end();
    expect(full.handler.given.map(({ event }) => event.revision)).toEqual([1, 3]);
    expect(await full.offer({ ...EVENT, revision: 2 })).toBe(false);
  });

  it('counts once among those in work, with its message and without', async () => {
    const { handler, offer, deliver, loop } = offering(2);
    await offer();
    await deliver();
    expect(loop.inHand).toBe(1);
    expect(await offer({ ...EVENT, revision: 2 })).toBe(true);
    expect(handler.given).toHaveLength(2);
  });

  it('counts among the bytes in work, and waits for its message where there is no room', async () => {
    const { mostBytes } = UPGRADE_ROW;
    const large = (revision: number) => ({
      ...EVENT,
      revision,
      data: { variables: 'x'.repeat(500_000) },
    });
    const { offer, deliver, end, loop } = offering(100);
    const taken: number[] = [];
    while (await offer(large(taken.length))) taken.push(500_000);
    expect(taken.length).toBeGreaterThan(10);
    expect(taken.length * 500_000).toBeLessThanOrEqual(mostBytes);
    // A message of work under way takes no room of its own, and gives back none.
    await deliver(large(0));
    await end();
    expect(loop.inHand).toBe(taken.length - 1);
    const again = [await offer(large(100)), await offer(large(101))];
    expect(again).toEqual([true, false]);
  });

  it('waits for its message where messages in work have taken the room', async () => {
    const { offer, deliver, end } = offering(8, UPGRADE_ROW.mostBytes);
    await deliver();
    expect(await offer({ ...EVENT, revision: 2 })).toBe(false);
    await end();
    expect(await offer({ ...EVENT, revision: 2 })).toBe(true);
  });

  it('is left to its message by a process that is stopping, which waits for what has begun', async () => {
    const { clock, handler, offer, deliver, end, answers, loop } = offering();
    await offer();
    await deliver();
    let isStopped = false;
    const stopped = loop.stop(new Promise(() => undefined)).then(() => (isStopped = true));
    await clock.advance(0);
    expect([handler.given[0]?.signal.aborted, isStopped]).toEqual([true, false]);
    expect(await offer({ ...EVENT, revision: 2 })).toBe(false);
    await end({ kind: 'retry', delayMs: 0 });
    await stopped;
    expect(answers).toEqual([{ kind: 'nak', delayMs: 0 }]);
  });
});

describe('what was handed over', () => {
  it('is remembered in bounded memory, the newest longest', () => {
    const handedOver = new HandedOver(2);
    const event = (revision: number) => ({ ...EVENT, revision });
    for (const revision of [1, 2, 3]) {
      const work = { message: null, bytes: 0, place: placeOf(event(revision)) };
      handedOver.begin(event(revision), 'e', work);
      handedOver.end(work, true);
    }
    expect([1, 2, 3].map((revision) => handedOver.has(event(revision)))).toEqual([
      false,
      true,
      true,
    ]);
  });
});
