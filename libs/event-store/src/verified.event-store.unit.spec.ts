import type { StoredEvent } from '@uplift/contracts';
import { VirtualClock } from '@uplift/runtime/testing';
import { DivergenceWatch } from './divergence-watch';
import { EventStoreUnavailableError, NO_STREAM } from './event-store.port';
import type { EventStore, StreamHead } from './event-store.port';
import { checkedEventStore } from './guarded.event-store';
import { verifyChain } from './hash-chain';
import { FaultyEventStore, sampleEvent } from './testing';
import { StreamEnds, VerifiedEventStore } from './verified.event-store';

const STREAM = 'instance-5f0d9c9e-0000-4000-8000-000000000001';
const READS = [
  ['load', (store: EventStore) => store.load(STREAM)],
  ['loadLast', (store: EventStore) => store.loadLast(STREAM, 1)],
  ['lastOf', (store: EventStore) => store.lastOf(STREAM)],
] as const;

class Opened {
  readonly clock = new VirtualClock();
  readonly inner = new FaultyEventStore({ clock: this.clock });
  readonly ends = new StreamEnds(this.clock, 2);
  readonly store = new VerifiedEventStore(this.inner, this.ends, this.clock);
  private count = 0;

  event() {
    this.count += 1;
    return sampleEvent(this.count);
  }

  append(after: StreamHead, store: EventStore = this.store, stream = STREAM): Promise<StreamHead> {
    return store.append(stream, after, [this.event()]).then(({ head }) => head);
  }
}

describe('an append', () => {
  it('at the right revision with a hash of its own is refused', async () => {
    const { inner, store, append } = bound();
    const { revision } = await append(NO_STREAM, inner);
    const forged = append({ revision, hash: '0'.repeat(64) });
    await expect(forged).rejects.toMatchObject({ code: 'revision-conflict' });
    expect(verifyChain(await store.load(STREAM))).toMatchObject({ valid: true });
  });

  it('after an event that the store does not have is refused, though others come as far meanwhile', async () => {
    const { inner, store, clock, append } = bound();
    const first = await append(NO_STREAM, inner);
    const putBack = inner.backUp();
    const lost = await append(first, inner);
    putBack();
    // As far as the lost event, while the append is on its way.
    inner.rivals.push(() => append(first, inner));
    const refused = expect(append(lost)).rejects.toMatchObject({ code: 'revision-conflict' });
    await clock.advance(500);
    await refused;
    expect(verifyChain(await store.load(STREAM))).toMatchObject({ valid: true });
  });

  it('after one of this process, and after what it has read, needs no read', async () => {
    const { inner, store, append } = bound();
    await append(await append(await append(NO_STREAM)));
    expect([inner.looks, inner.loads]).toEqual([0, 0]);
    const others = await append(NO_STREAM, inner, 'instance-b');
    const [read] = await store.load('instance-b');
    expect(read?.revision).toBe(others.revision);
    await append(others, store, 'instance-b');
    expect([inner.looks, inner.loads]).toEqual([0, 1]);
  });

  it('after what was read long ago needs another', async () => {
    const { clock, inner, append } = bound();
    const head = await append(NO_STREAM);
    await clock.advance(30_000);
    await append(head);
    expect(inner.looks).toBe(1);
  });

  it('is not known of more streams than there is room for', async () => {
    const { inner, append } = bound();
    const first = await append(NO_STREAM);
    for (const stream of ['instance-b', 'instance-c']) await append(NO_STREAM, undefined, stream);
    await append(first);
    expect(inner.looks).toBe(1);
  });

  it('that is repeated is still taken for done', async () => {
    const { store, ends, event } = bound();
    const repeated = event();
    const first = await store.append(STREAM, NO_STREAM, [repeated]);
    ends.clear();
    expect(await store.append(STREAM, NO_STREAM, [repeated])).toEqual(first);
    const next = event();
    const second = await store.append(STREAM, first.head, [next]);
    expect(await store.append(STREAM, first.head, [next])).toEqual(second);
  });

  it('after the store was away for so short a time that nobody was told needs a read', async () => {
    const { inner, append, interrupt } = bound();
    const head = await append(NO_STREAM);
    interrupt();
    const next = await append(head);
    expect(inner.looks).toBe(1);
    await append(next);
    expect(inner.looks).toBe(1);
  });

  it.each(READS)(
    'after what was asked for before the store was put back is refused, however late the answer: %s',
    async (_name, ask) => {
      const { inner, store, append, losing } = bound();
      const { first, lost } = await losing(() => append(NO_STREAM, undefined, 'instance-b'));
      await ask(store);
      await append(first, inner);
      await expect(append(lost)).rejects.toMatchObject({ code: 'revision-conflict' });
    },
  );

  it('asks again where the store was away while it was asked what the append builds on', async () => {
    const { inner, append, losing } = bound();
    const { lost } = await losing((first) => append(first, inner));
    await expect(append(lost)).rejects.toMatchObject({ code: 'revision-conflict' });
    expect(inner.looks).toBe(2);
  });

  it('is refused where the store was put back while the append waits for the comparison with the bus', async () => {
    const { inner, ends, clock, append, interrupt } = bound();
    const first = await append(NO_STREAM, inner);
    const putBack = inner.backUp();
    const lost = await append(first, inner);
    const assertSame = async () => {
      putBack();
      interrupt();
      await append(first, inner);
    };
    const watch = Object.assign(Object.create(DivergenceWatch.prototype) as DivergenceWatch, {
      assertSame,
      doubt: () => undefined,
    });
    const checked = checkedEventStore(inner, { watch, ends, clock });
    await checked.load(STREAM);
    await expect(append(lost, checked)).rejects.toMatchObject({ code: 'revision-conflict' });
  });

  it('that was answered behind an interruption is nothing to build on without a read', async () => {
    const { inner, append, interrupt } = bound();
    inner.unanswered.push(() => interrupt());
    await append(await append(NO_STREAM));
    expect(inner.looks).toBe(1);
  });

  it('behind what others have put at the end of a stream that is no instance stops nobody', async () => {
    const { inner, append } = bound();
    const refusals = 'refusal-5f0d9c9e-0000-4000-8000-000000000001';
    const head = await append(NO_STREAM, inner, refusals);
    jest
      .spyOn(inner, 'lastOf')
      .mockImplementation((stream) =>
        Promise.resolve({ stream, revision: 0, damage: 'it is no event of ours' } as never),
      );
    expect(await append(head, undefined, refusals)).toMatchObject({ revision: 1 });
    const instance = await append(NO_STREAM, inner);
    await expect(append(instance)).rejects.toMatchObject({ code: 'revision-conflict' });
  });

  it('that was decided before the store was put back to an older copy is refused', async () => {
    const { inner, store, append, clock } = bound();
    const lost = await append(await append(NO_STREAM));
    const older = new FaultyEventStore({ clock });
    await append(await append(NO_STREAM, older), older);
    inner.faults.push('lost');
    const whileAway = append(NO_STREAM, undefined, 'instance-b');
    await expect(whileAway).rejects.toBeInstanceOf(EventStoreUnavailableError);
    putInPlaceOf(inner, older);
    await expect(append(lost)).rejects.toMatchObject({ code: 'revision-conflict' });
    expect(verifyChain(await store.load(STREAM))).toMatchObject({ valid: true });
  });
});

describe('a message that is faster than the answer to the append of its event', () => {
  it('waits for the answer and takes what was appended: nobody else gets it', async () => {
    const { inner, ends, append } = bound();
    const taken: Promise<StoredEvent | null>[] = [];
    const take = () => void taken.push(ends.takeOwn(STREAM, 0), ends.takeOwn(STREAM, 0));
    inner.unanswered.push(take);
    await append(NO_STREAM);
    expect(await Promise.all(taken)).toEqual([expect.objectContaining({ revision: 0 }), null]);
    expect([ends.own(STREAM), await ends.takeOwn(STREAM, 0)]).toEqual([null, null]);
    expect([inner.looks, inner.loads]).toEqual([0, 0]);
  });

  it('has to be read if no answer comes', async () => {
    const { inner, ends, append } = bound();
    const taken: Promise<StoredEvent | null>[] = [];
    inner.unanswered.push(() => void taken.push(ends.takeOwn(STREAM, 0)));
    inner.faults.push('stored');
    await expect(append(NO_STREAM)).rejects.toBeInstanceOf(EventStoreUnavailableError);
    expect(await Promise.all(taken)).toEqual([null]);
  });

  it('does not wait for an append that builds on its event', async () => {
    const { inner, ends, append } = bound();
    const first = await append(NO_STREAM);
    const taken: (StoredEvent | null)[] = [];
    inner.unanswered.push(async () => taken.push(await ends.takeOwn(STREAM, 0)));
    await append(first);
    expect(taken).toMatchObject([{ revision: 0 }]);
  });
});

describe('what a process knows of the end of a stream', () => {
  const at = (revision: number) => ({ stream: STREAM, revision }) as StoredEvent;

  it('is forgotten when an older end is seen after a newer one', () => {
    const { ends } = new Opened();
    ends.remember(at(4));
    ends.remember(at(3));
    expect(ends.of(STREAM)).toBeNull();
  });

  it('is forgotten when the tail of the store breaks off', async () => {
    const { inner, store, ends } = new Opened();
    ends.remember(at(4));
    inner.subscribeToAll = () => {
      throw new EventStoreUnavailableError('gone');
    };
    const read = async () => {
      for await (const _batch of store.subscribeToAll()) break;
    };
    await expect(read()).rejects.toThrow('gone');
    expect(ends.of(STREAM)).toBeNull();
  });
});

function bound() {
  const opened = new Opened();
  const { clock, inner, ends, store } = opened;
  const interrupt = () => {
    const counters = { ...inner.counters, interruptions: inner.counters.interruptions + 1 };
    jest.spyOn(inner, 'counters', 'get').mockReturnValue(counters);
  };
  return {
    clock,
    inner,
    ends,
    store,
    event: () => opened.event(),
    append: (...args: Parameters<Opened['append']>) => opened.append(...args),
    interrupt,
    /** What `lost` stands for is gone when the next read is answered: the store is put back then. */
    losing: async (meanwhile: (first: StreamHead) => Promise<unknown>) => {
      const first = await opened.append(NO_STREAM, inner);
      const putBack = inner.backUp();
      const lost = await opened.append(first, inner);
      inner.onAnswer.push(async () => {
        putBack();
        interrupt();
        await meanwhile(first);
      });
      return { first, lost };
    },
  };
}

/** The same address, another store behind it. */
function putInPlaceOf(store: FaultyEventStore, other: FaultyEventStore): void {
  store.append = (...args) => other.append(...args);
  store.load = (...args) => other.load(...args);
  store.lastOf = (stream) => other.lastOf(stream);
}
