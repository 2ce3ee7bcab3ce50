import type { StoredEvent } from '@uplift/contracts';
import { instanceStream } from '@uplift/contracts';
import type { AllTail, EventStore, TailListener } from '@uplift/event-store';
import { noneIfMissing } from '@uplift/event-store';
import type { CancelTimer, Clock } from '@uplift/runtime';
import type { FrameSink } from './event-frames';
import type { InstanceLimits } from '../commands/instance-limits';
import type { Watcher } from './event-rights';
import { mayWatch, WatchedInstances } from './event-rights';
import type { StreamEnd } from './event-streams';
import {
  eventFrame,
  HEARTBEAT_FRAME,
  HEARTBEAT_MS,
  HELLO_FRAME,
  resyncFrame,
} from './event-frames';

export interface WatchOptions {
  /** The client: it is sent what it may read. */
  readonly watcher: Watcher;
  /** Only events of this instance. */
  readonly instanceId?: string;
  /** Last position the client has seen; absent: only what comes. */
  readonly after?: bigint;
}

export interface WatchSources {
  readonly tail: AllTail;
  readonly replay: EventReplay;
  readonly clock: Clock;
  readonly limits: Pick<InstanceLimits, 'registered'>;
}

const MOST_WAITING = 1_000;

/** One client that watches: first what it missed, then what comes, without gap or repeat. */
export class EventWatch implements TailListener {
  private readonly waiting = new BoundedQueue<StoredEvent>(MOST_WAITING);
  private sent = 0n;
  private missed: Missed | null = null;
  private stopHeart: CancelTimer = () => undefined;
  private readonly instances: WatchedInstances;

  constructor(
    private readonly sources: WatchSources,
    private readonly sink: FrameSink,
    private readonly options: WatchOptions,
  ) {
    this.instances = new WatchedInstances(options.watcher.labels, sources.limits);
  }

  onEvent(event: StoredEvent): void {
    const { instanceId, watcher } = this.options;
    if (instanceId !== undefined && event.stream !== instanceStream(instanceId)) return;
    if (mayWatch(watcher, event)) this.waiting.push(event);
  }

  onStop(): void {
    this.sink.close('stopping');
    this.waiting.nudge();
  }

  /** Throws if what the client missed cannot be read: nothing was written to it yet. */
  async begin(): Promise<void> {
    const { tail } = this.sources;
    tail.add(this);
    try {
      this.missed = await this.startReplay(tail.position);
    } catch (error) {
      tail.remove(this);
      throw error;
    }
  }

  /** Runs until the client goes, reads nothing any more, or the process stops; answers which of them. */
  async run(): Promise<StreamEnd> {
    const { tail } = this.sources;
    this.beatLater();
    this.sink.signal.addEventListener('abort', () => this.waiting.nudge());
    try {
      await this.sink.write(HELLO_FRAME);
      await this.catchUp();
      while (!this.sink.isClosed) await this.passOn();
      return this.sink.end;
    } finally {
      this.stopHeart();
      tail.remove(this);
      this.sink.close('failed');
    }
  }

  private beatLater(): void {
    this.stopHeart = this.sources.clock.after(HEARTBEAT_MS, () => {
      this.sink.beat(HEARTBEAT_FRAME);
      this.beatLater();
    });
  }

  private async startReplay(until: bigint): Promise<Missed | null> {
    const { after, instanceId } = this.options;
    this.sent = after ?? until;
    if (after === undefined || after >= until) return null;
    const range = { after, until, ...(instanceId === undefined ? {} : { instanceId }) };
    const steps = this.sources.replay.read(range, this.sink.signal);
    return { until, steps, first: await steps.next() };
  }

  private async catchUp(): Promise<void> {
    if (this.missed === null) return;
    const { until, steps, first } = this.missed;
    for (let next = first; next.done !== true; next = await steps.next()) {
      if (next.value === 'too-far') return this.resync(until);
      if (mayWatch(this.options.watcher, next.value)) await this.send(next.value);
    }
  }

  private async passOn(): Promise<void> {
    await this.waiting.filled();
    const { items, lost } = this.waiting.take();
    if (lost) return this.resync(this.sources.tail.position);
    for (const event of items) {
      if (event.position > this.sent) await this.send(event);
    }
  }

  /** Nothing of an instance that the client does not reach. */
  private async send(event: StoredEvent): Promise<void> {
    if (await this.instances.covers(event)) await this.sink.write(eventFrame(event));
    this.sent = event.position;
  }

  private async resync(position: bigint): Promise<void> {
    this.instances.forget();
    await this.sink.write(resyncFrame(this.sent, position));
    this.sent = position;
  }
}

/** What a client is sent before what comes. */
interface Missed {
  /** Inclusive. */
  readonly until: bigint;
  readonly steps: AsyncGenerator<StoredEvent | 'too-far', void>;
  readonly first: IteratorResult<StoredEvent | 'too-far', void>;
}

interface ReplayRange {
  readonly instanceId?: string;
  /** Exclusive. */
  readonly after: bigint;
  /** Inclusive. */
  readonly until: bigint;
}

const MOST_REPLAYED = 10_000;
/** Events of one instance that are read at once. */
const AT_ONCE = 256;

/** Events a client missed, from the store. */
export class EventReplay {
  constructor(
    private readonly store: EventStore,
    private readonly most = MOST_REPLAYED,
  ) {}

  /** In store order; ends with `too-far` when there are more than a client should be sent. */
  read(range: ReplayRange, signal: AbortSignal): Missed['steps'] {
    const { instanceId } = range;
    return instanceId === undefined ? this.all(range, signal) : this.one(range, instanceId);
  }

  private async *one({ after, until }: ReplayRange, instanceId: string): Missed['steps'] {
    let parts: StoredEvent[][] = [];
    let count = 0;
    for await (const part of this.backwards(instanceStream(instanceId), after)) {
      const due = part.filter(({ position }) => position > after && position <= until);
      parts = [due, ...parts];
      count += due.length;
      if (count > this.most) {
        yield 'too-far';
        return;
      }
    }
    yield* parts.flat();
  }

  /** The last events of a stream, part by part, as far as one of them reaches back to a position. */
  private async *backwards(stream: string, after: bigint): AsyncGenerator<StoredEvent[]> {
    let upTo: number | undefined;
    do {
      const part = await this.store.loadLast(stream, AT_ONCE, upTo).catch(noneIfMissing);
      yield part;
      const [first] = part;
      upTo = first === undefined || first.position <= after ? -1 : first.revision - 1;
    } while (upTo >= 0);
  }

  private async *all({ after, until }: ReplayRange, signal: AbortSignal): Missed['steps'] {
    let count = 0;
    for await (const { events, caughtUp, upTo } of this.store.subscribeToAll({ after, signal })) {
      const due = events.filter(({ position }) => position <= until);
      count += due.length;
      if (count > this.most) {
        yield 'too-far';
        return;
      }
      yield* due;
      if (caughtUp || (upTo !== null && upTo >= until)) return;
    }
  }
}

/** A queue that forgets everything rather than grow without end, and says so. */
class BoundedQueue<Item> {
  private items: Item[] = [];
  private overflow = false;
  private wake: (() => void) | undefined;

  constructor(private readonly limit: number) {}

  push(item: Item): void {
    if (this.items.length >= this.limit) {
      this.items = [];
      this.overflow = true;
    }
    if (!this.overflow) this.items.push(item);
    this.nudge();
  }

  /** Everything waiting; true if items were lost, then there are none. */
  take(): { readonly items: readonly Item[]; readonly lost: boolean } {
    const taken = { items: this.items, lost: this.overflow };
    this.items = [];
    this.overflow = false;
    return taken;
  }

  /** Resolves when there is something to take, or after `nudge`. */
  async filled(): Promise<void> {
    if (this.items.length > 0 || this.overflow) return;
    await new Promise<void>((resolve) => (this.wake = resolve));
  }

  nudge(): void {
    this.wake?.();
    this.wake = undefined;
  }
}
