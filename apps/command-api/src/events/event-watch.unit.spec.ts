import type { Scope } from '@uplift/domain';
import { SCOPES as scopes } from '@uplift/domain';
import { AllTail, InstanceHistory } from '@uplift/event-store';
import { growHistory, InMemoryEventStore } from '@uplift/event-store/testing';
import { systemClock as clock } from '@uplift/runtime';
import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { accessOn } from '@uplift/access/testing';
import { commandServiceOn, registration } from '../testing/command-requests';
import { CountingEventStore } from '../testing/counting.event-store';
import { FrameSink, SLOW_READER_MS } from './event-frames';
import { EventReplay, EventWatch } from './event-watch';

const watcher = { scopes, labels: {} };
/** Asked about those alone who are limited. */
const limits = { registered: () => Promise.reject(new Error('nobody is limited')) };

const instanceId = (n: number) => `dddddddd-0000-4000-8000-${String(n).padStart(12, '0')}`;

function world() {
  const store = new InMemoryEventStore();
  const { service } = commandServiceOn(store);
  const register = async (from: number, count: number) => {
    for (let n = from; n < from + count; n++) {
      await service.execute(registration({ instanceId: instanceId(n) }));
    }
  };
  const tail = new AllTail(store, { clock, randomness: new SeededRandomness(1), from: 'end' });
  return { store, tail, replay: new EventReplay(store), register };
}

/** A connection whose client reads only when the test does. */
function connection() {
  const wire = new PassThrough({ highWaterMark: 1 });
  return { wire, sink: new FrameSink(wire as unknown as ServerResponse, clock) };
}

async function framesUntil(wire: PassThrough, last: string): Promise<string[]> {
  let text = '';
  while (!text.includes(last)) {
    const chunk = wire.read() as Buffer | null;
    if (chunk === null) await once(wire, 'readable');
    else text += chunk.toString('utf8');
  }
  return text.split('\n\n').filter((frame) => frame.includes('data: '));
}

async function started(watch: EventWatch) {
  await watch.begin();
  return watch.run();
}

describe('EventWatch', () => {
  it('tells a slow client once that events were left out, and goes on from there', async () => {
    const { tail, replay, register } = world();
    tail.start();
    await tail.startedWithin(1_000);
    const { wire, sink } = connection();
    const running = started(new EventWatch({ tail, replay, clock, limits }, sink, { watcher }));

    await register(0, 1_200);
    const frames = await framesUntil(wire, 'event: resync');
    await register(2_000, 1);
    const [next] = await framesUntil(wire, instanceId(2_000));

    expect(frames.filter((frame) => frame.includes('event: resync'))).toHaveLength(1);
    expect(frames.length).toBeLessThan(1_000);
    expect(frames.at(-1)).toContain(`id: ${240_000}`);
    expect(next).toContain('event: event');
    await tail.stop();
    await running;
  });

  it('keeps a thousand events for a client that does not read, and no more', async () => {
    const { store, tail, replay, register } = world();
    await register(0, 1);
    const [event] = await store.load(`instance-${instanceId(0)}`);
    const frames: string[] = [];
    const gone = new AbortController();
    const write = (frame: string) => Promise.resolve(void frames.push(frame));
    const ignore = () => undefined;
    const sink = { write, beat: ignore, close: ignore, signal: gone.signal, end: 'client-gone' };
    const isClosed = { get: () => gone.signal.aborted };
    Object.defineProperty(sink, 'isClosed', isClosed);
    const watch = new EventWatch({ tail, replay, clock, limits }, sink as unknown as FrameSink, {
      watcher,
    });
    await watch.begin();
    for (let n = 1n; n <= 1_001n; n += 1n) watch.onEvent({ ...event!, position: n });
    const running = watch.run();
    await new Promise(setImmediate);
    gone.abort();
    await running;
    expect(frames.map((frame) => /event: (\w+)/.exec(frame)?.[1])).toEqual([undefined, 'resync']);
  });

  it('sends a client nothing that it may not read, neither of what it missed nor of what comes', async () => {
    const { store, tail, replay, register } = world();
    const { create } = accessOn(store);
    await register(0, 1);
    await create();
    tail.start();
    await tail.startedWithin(1_000);
    const seenWith = (seen: readonly Scope[]) => {
      const { wire, sink } = connection();
      const running = started(
        new EventWatch({ tail, replay, clock, limits }, sink, {
          watcher: { scopes: seen, labels: {} },
          after: 0n,
        }),
      );
      return { running, frames: async (last: string) => (await framesUntil(wire, last)).join() };
    };
    const operator = seenWith(scopes);
    const reader = seenWith(['instances:read']);
    await create();
    await register(1, 1);

    const all = await operator.frames(instanceId(1));
    const some = await reader.frames(instanceId(1));
    expect(all.match(/"type":"ApiTokenCreated"/g)).toHaveLength(2);
    expect(all).not.toMatch(/"hash":"[0-9a-f]{64}","scopes"/);
    expect(some).toContain(instanceId(0));
    expect(some).not.toContain('ApiToken');
    await tail.stop();
    await Promise.all([operator.running, reader.running]);
  });

  it('sends a limited client nothing of other instances, neither of what it missed nor of what comes', async () => {
    const { store, tail, replay, register } = world();
    const { service, limits: held } = commandServiceOn(store);
    const registerFor = (team: string, n: number) =>
      service.execute(registration({ instanceId: instanceId(n), labels: { team } }));
    await register(0, 1);
    await registerFor('payments', 1);
    await registerFor('ledger', 2);
    tail.start();
    await tail.startedWithin(1_000);
    const { wire, sink } = connection();
    const payments = { scopes, labels: { team: 'payments' } };
    const options = { watcher: payments, after: 0n };
    const running = started(new EventWatch({ tail, replay, clock, limits: held }, sink, options));
    await registerFor('ledger', 3);
    await register(4, 1);
    await registerFor('payments', 5);

    const frames = (await framesUntil(wire, instanceId(5))).join();

    const seen = [0, 1, 2, 3, 4, 5].filter((n) => frames.includes(instanceId(n)));
    expect(seen).toEqual([1, 5]);
    await tail.stop();
    await running;
  });

  it('stops when the client goes, and leaves the tail', async () => {
    const { tail, replay } = world();
    tail.start();
    await tail.startedWithin(1_000);
    const { wire, sink } = connection();
    const running = started(new EventWatch({ tail, replay, clock, limits }, sink, { watcher }));
    expect(tail.listenerCount).toBe(1);

    wire.destroy();
    await running;

    expect(tail.listenerCount).toBe(0);
    await tail.stop();
  });

  it('asks a client that is too far back to read the present state', async () => {
    const { store, tail, register } = world();
    await register(0, 3);
    tail.start();
    await tail.startedWithin(1_000);
    const { wire, sink } = connection();
    const short = new EventReplay(store, 2);
    const running = started(
      new EventWatch({ tail, replay: short, clock, limits }, sink, { watcher, after: 0n }),
    );

    const [frame, ...others] = await framesUntil(wire, 'resync');

    expect(others).toEqual([]);
    expect(frame).toContain('id: 600\nevent: resync');
    await tail.stop();
    await running;
  });

  it('drops a client that reads nothing, with a reason, and destroys what it never reads', async () => {
    const time = new VirtualClock();
    const { tail, replay, register } = world();
    tail.start();
    await tail.startedWithin(1_000);
    const { wire } = connection();
    const sink = new FrameSink(wire as unknown as ServerResponse, time);
    const running = started(
      new EventWatch({ tail, replay, clock: time, limits }, sink, { watcher }),
    );
    await register(0, 3);

    await time.advance(SLOW_READER_MS);

    await expect(running).resolves.toBe('slow-reader');
    expect(tail.listenerCount).toBe(0);
    const frames = await framesUntil(wire, 'event: closed');
    expect(frames.at(-1)).toContain('"reason":"slow-reader"');
    await tail.stop();
  });

  it('tells a client why it ends when the process stops', async () => {
    const { tail, replay } = world();
    tail.start();
    await tail.startedWithin(1_000);
    const { wire, sink } = connection();
    const running = started(new EventWatch({ tail, replay, clock, limits }, sink, { watcher }));
    await framesUntil(wire, 'connected');

    await tail.stop();

    await expect(running).resolves.toBe('stopping');
    expect((await framesUntil(wire, 'closed')).at(-1)).toContain('"reason":"stopping"');
  });

  it('writes nothing to a client whose events cannot be read', async () => {
    const { tail, register } = world();
    await register(0, 1);
    tail.start();
    await tail.startedWithin(1_000);
    const { wire, sink } = connection();
    const broken = new EventReplay(new BrokenStore());

    const begun = new EventWatch({ tail, replay: broken, clock, limits }, sink, {
      watcher,
      after: 0n,
    }).begin();

    await expect(begun).rejects.toThrow('no such position');
    expect({ sent: wire.read() as unknown, listeners: tail.listenerCount }).toEqual({
      sent: null,
      listeners: 0,
    });
    await tail.stop();
  });
});

describe('EventReplay of one instance', () => {
  const NEVER = new AbortController().signal;

  async function longStream(length: number) {
    const store = new CountingEventStore();
    await commandServiceOn(store).service.execute(registration({ instanceId: instanceId(1) }));
    const history = new InstanceHistory(store, 'command-api');
    await growHistory(history, instanceId(1), { toLength: length, reportsAtOnce: 1 });
    const events = await store.load(`instance-${instanceId(1)}`);
    store.handedOut = 0;
    const missed = async (from: number, to: number, most?: number) => {
      const at = (revision: number) => events[revision]!.position;
      const range = { instanceId: instanceId(1), after: at(from), until: at(to) };
      const found: (number | 'too-far')[] = [];
      for await (const each of new EventReplay(store, most).read(range, NEVER)) {
        found.push(each === 'too-far' ? each : each.revision);
      }
      return found;
    };
    return { store, missed };
  }

  it('has what came between two positions, in order', async () => {
    const { missed } = await longStream(601);
    const between = Array.from({ length: 500 }, (_, n) => n + 51);
    expect(await missed(50, 550)).toEqual(between);
    expect(await missed(600, 600)).toEqual([]);
  });

  it('reads no further back than it has to', async () => {
    const { store, missed } = await longStream(601);
    expect(await missed(598, 600)).toEqual([599, 600]);
    expect(store.handedOut).toBe(256);
  });

  it('gives up where a client is too far back', async () => {
    const { store, missed } = await longStream(601);
    expect(await missed(0, 600, 100)).toEqual(['too-far']);
    expect(store.handedOut).toBe(256);
  });

  it('has nothing of an instance that is not registered', async () => {
    const range = { instanceId: instanceId(1), after: 0n, until: 9n };
    const found = new EventReplay(new InMemoryEventStore()).read(range, NEVER);
    expect((await found.next()).done).toBe(true);
  });
});

class BrokenStore extends InMemoryEventStore {
  override subscribeToAll(): never {
    throw new Error('no such position');
  }
}
