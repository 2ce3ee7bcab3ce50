import { InstanceHistory } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { InstanceCommandHandler } from '../commands/instance-command.handler';
import { registration } from '../testing/command-requests';
import { EventReplay } from './event-replay';
import { EventTail } from './event-tail';
import { EventWatch } from './event-watch';
import { FrameSink } from './frame-sink';

const instanceId = (n: number) => `dddddddd-0000-4000-8000-${String(n).padStart(12, '0')}`;

function world() {
  const store = new InMemoryEventStore();
  const handler = new InstanceCommandHandler(new InstanceHistory(store, 'command-api'));
  const register = async (from: number, count: number) => {
    for (let n = from; n < from + count; n++) {
      await handler.handle(registration({ instanceId: instanceId(n) }));
    }
  };
  return { store, tail: new EventTail(store), replay: new EventReplay(store), register };
}

/** A connection whose client reads only when the test does. */
function connection() {
  const wire = new PassThrough({ highWaterMark: 1 });
  return { wire, sink: new FrameSink(wire as unknown as ServerResponse) };
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

describe('EventWatch', () => {
  it('tells a slow client once that events were left out, and goes on from there', async () => {
    const { tail, replay, register } = world();
    tail.onApplicationBootstrap();
    await tail.hasStarted(1_000);
    const { wire, sink } = connection();
    const running = new EventWatch(tail, replay, sink, {}).run();

    await register(0, 1_200);
    const frames = await framesUntil(wire, 'event: resync');
    await register(2_000, 1);
    const [next] = await framesUntil(wire, instanceId(2_000));

    expect(frames.filter((frame) => frame.includes('event: resync'))).toHaveLength(1);
    expect(frames.length).toBeLessThan(1_000);
    expect(frames.at(-1)).toContain(`id: ${120_000}`);
    expect(next).toContain('event: event');
    await tail.beforeApplicationShutdown();
    await running;
  });

  it('stops when the client goes, and leaves the tail', async () => {
    const { tail, replay } = world();
    tail.onApplicationBootstrap();
    await tail.hasStarted(1_000);
    const { wire, sink } = connection();
    const running = new EventWatch(tail, replay, sink, {}).run();
    expect(tail.listenerCount).toBe(1);

    wire.destroy();
    await running;

    expect(tail.listenerCount).toBe(0);
    await tail.beforeApplicationShutdown();
  });

  it('asks a client that is too far back to read the present state', async () => {
    const { store, tail, register } = world();
    await register(0, 3);
    tail.onApplicationBootstrap();
    await tail.hasStarted(1_000);
    const { wire, sink } = connection();
    const short = new EventReplay(store, 2);
    const running = new EventWatch(tail, short, sink, { after: 0n }).run();

    const [frame, ...others] = await framesUntil(wire, 'resync');

    expect(others).toEqual([]);
    expect(frame).toContain('id: 300\nevent: resync');
    await tail.beforeApplicationShutdown();
    await running;
  });
});
