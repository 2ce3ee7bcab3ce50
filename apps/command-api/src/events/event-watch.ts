import type { StoredEvent } from '@uplift/contracts';
import { instanceStream } from '@uplift/contracts';
import { BoundedQueue } from './bounded-queue';
import {
  eventFrame,
  HEARTBEAT_FRAME,
  HEARTBEAT_MS,
  HELLO_FRAME,
  resyncFrame,
} from './event-frames';
import type { EventTail, TailListener } from './event-tail';
import type { FrameSink } from './frame-sink';
import type { EventReplay } from './event-replay';

export interface WatchOptions {
  /** Only events of this instance. */
  readonly instanceId?: string;
  /** Last position the client has seen; absent: only what comes. */
  readonly after?: bigint;
}

const MOST_WAITING = 1_000;

/** One client that watches: first what it missed, then what comes, without gap or repeat. */
export class EventWatch implements TailListener {
  private readonly waiting = new BoundedQueue<StoredEvent>(MOST_WAITING);
  private sent = 0n;

  constructor(
    private readonly tail: EventTail,
    private readonly replay: EventReplay,
    private readonly sink: FrameSink,
    private readonly options: WatchOptions,
  ) {}

  offer(event: StoredEvent): void {
    const { instanceId } = this.options;
    if (instanceId !== undefined && event.stream !== instanceStream(instanceId)) return;
    this.waiting.push(event);
  }

  close(): void {
    this.sink.end();
    this.waiting.nudge();
  }

  /** Runs until the client goes or the process stops. */
  async run(): Promise<void> {
    this.tail.add(this);
    const heart = setInterval(() => this.sink.beat(HEARTBEAT_FRAME), HEARTBEAT_MS);
    this.sink.signal.addEventListener('abort', () => this.waiting.nudge());
    try {
      await this.sink.write(HELLO_FRAME);
      await this.catchUp(this.tail.position);
      while (!this.sink.isClosed) await this.passOn();
    } finally {
      clearInterval(heart);
      this.tail.remove(this);
      this.sink.end();
    }
  }

  private async catchUp(until: bigint): Promise<void> {
    const { after, instanceId } = this.options;
    this.sent = after ?? until;
    if (after === undefined || after >= until) return;
    const range = { after, until, ...(instanceId === undefined ? {} : { instanceId }) };
    for await (const step of this.replay.read(range, this.sink.signal)) {
      if (step === 'too-far') return this.resync(until);
      await this.send(step);
    }
  }

  private async passOn(): Promise<void> {
    await this.waiting.filled();
    const { items, lost } = this.waiting.take();
    if (lost) return this.resync(this.tail.position);
    for (const event of items) {
      if (event.position > this.sent) await this.send(event);
    }
  }

  private async send(event: StoredEvent): Promise<void> {
    await this.sink.write(eventFrame(event));
    this.sent = event.position;
  }

  private async resync(position: bigint): Promise<void> {
    await this.sink.write(resyncFrame(this.sent, position));
    this.sent = position;
  }
}
