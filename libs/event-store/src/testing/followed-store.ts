import { randomUUID } from 'node:crypto';
import { checkpointStream } from '@uplift/contracts';
import type { StoredEvent } from '@uplift/contracts';
import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { AllTail } from '../all-tail';
import { headOf } from '../event-store.port';
import type { EventStore } from '../event-store.port';
import { TailCheckpoints } from '../tail-checkpoints';
import type { TailFold, TailCheckpointsOptions } from '../tail-checkpoints';
import { InMemoryEventStore } from './in-memory.event-store';
import { sampleEvent } from './sample-event';

export const MINUTE = 60_000;
export const EVERY = 10;
const ACTOR = { type: 'system', id: 'stage-workers/w1' } as const;
const EVENTS = `refusal-${randomUUID()}`;

/** Counts the events of each type. */
export class Counts implements TailFold {
  readonly name = 'counts';
  readonly counts = new Map<string, number>();
  told = 0;

  constructor(readonly basis: unknown = { version: 1 }) {}

  take({ type }: StoredEvent): void {
    this.told += 1;
    this.counts.set(type, (this.counts.get(type) ?? 0) + 1);
  }

  entries(): Iterable<unknown> {
    return [...this.counts];
  }

  clear(): void {
    this.counts.clear();
  }

  takeBack(entry: unknown): void {
    const [type, count] = entry as [string, number];
    if (type === 'Poison') throw new RangeError('no such type');
    this.counts.set(type, count);
  }
}

const running: Follower[] = [];

/** Ends every process. */
export async function stopFollowers(): Promise<void> {
  for (const follower of running.splice(0)) await follower.tail.stop();
}

/** A process that follows the store. */
export class Follower {
  readonly lines: string[] = [];
  readonly tail: AllTail;

  constructor(
    store: EventStore,
    readonly clock: VirtualClock,
    readonly counts = new Counts(),
    changes: Partial<TailCheckpointsOptions> = {},
  ) {
    const randomness = new SeededRandomness(1);
    const line = (told: object, words: string) =>
      this.lines.push('reason' in told ? `${words}: ${String(told.reason)}` : words);
    const checkpoints = new TailCheckpoints(store, {
      ...{ clock, randomness, actor: ACTOR, service: 'stage-workers', name: 'counting' },
      everyEvents: EVERY,
      logger: { info: line, warn: line } as unknown as TailCheckpointsOptions['logger'],
      ...changes,
    });
    this.tail = new AllTail(store, { clock, randomness, checkpoints });
    this.tail.add({ onEvent: (event) => counts.take(event), folds: [counts] });
    running.push(this);
  }

  async start(): Promise<this> {
    this.tail.start();
    await this.clock.advance(1);
    expect(this.tail.hasCaughtUp).toBe(true);
    return this;
  }
}

/** A store, and processes that count its events. */
export function followedStore() {
  const clock = new VirtualClock();
  const store = new InMemoryEventStore({ clock });
  const put = async (count: number, type = 'SampleHappened') => {
    for (let n = 0; n < count; n += 1) {
      const known = await store.load(EVENTS).catch(() => []);
      await store.append(EVENTS, headOf(known), [sampleEvent(known.length, { type })]);
    }
  };
  const follow = (counts?: Counts, changes?: Partial<TailCheckpointsOptions>) =>
    new Follower(store, clock, counts, changes).start();
  /** What the checkpoints of the test are made of. */
  const pages = async () => {
    const stream = await streamOf(store);
    return stream === null ? [] : store.load(stream);
  };
  return { clock, store, put, follow, pages };
}

export async function streamOf(store: InMemoryEventStore): Promise<string | null> {
  const { foreign } = await store.readAll(null, 10_000);
  expect(foreign).toEqual([]);
  const all: StoredEvent[] = [];
  for (let at = 100n; ; at += 100n) {
    const event = await store.eventAt(at);
    if (event === null) break;
    all.push(event);
  }
  return all.find(({ stream }) => stream.startsWith(checkpointStream('')))?.stream ?? null;
}
