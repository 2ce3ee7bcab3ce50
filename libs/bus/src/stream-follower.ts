import type { CancelTimer } from '@uplift/runtime';
import type { BusConnection, Delivery, MessageOnBus } from './bus-connection.port';
import { PullSubscription } from './pull-subscription';

/** How far the messages of a stream are kept. */
export interface KeptUpTo {
  /** Of the last one that is kept; 0: none is. */
  readonly sequence: number;
}

export interface FollowerRow {
  readonly durable: string;
  readonly ackWaitMs: number;
  readonly batch: number;
  readonly mostBytes: number;
}

export interface FollowerHooks {
  /** Asked for at the start, and again whenever the bus may have become another one, or a batch was not kept. */
  keptUpTo(): Promise<KeptUpTo>;
  /** Gets every message of the stream, without a gap and in its order. Rejects if they are not kept: they come again. */
  keep(messages: readonly MessageOnBus[]): Promise<void>;
  onError(error: unknown): void;
  /** The loop is alive. */
  onBeat(): void;
}

/** The stream does not have what was handed out of it: it is another one, and what is in hand is of the one before. */
export class StreamReplacedError extends Error {
  readonly code = 'stream-replaced';
  constructor() {
    super('The stream of the bus was made anew, or is shorter than it was');
  }
}

/** Before messages are asked for again that were not kept. */
const AGAIN_MS = 250;
const HEARTBEATS_PER_ACK_WAIT = 3;

/**
 * Follows the whole stream by a durable consumer. The consumer says that there is something, and the sequence says in
 * which order: what another process has in hand, or has acknowledged and not kept, is read from the stream itself. So
 * the order never depends on who was handed what, and a message that is acknowledged is kept.
 */
export class StreamFollower {
  private readonly pull: PullSubscription;
  private waiting: Delivery[] = [];
  private working: readonly Delivery[] = [];
  /** Undefined: it has to be asked for. */
  private kept: number | undefined;
  /** Counts connections: behind each there may be another stream. */
  private connections = 0;
  private readonly stopping = new AbortController();
  private wake = (): void => undefined;
  private running: Promise<void> = Promise.resolve();
  private cancel: readonly (() => void)[] = [];

  constructor(
    private readonly connection: BusConnection,
    private readonly row: FollowerRow,
    private readonly hooks: FollowerHooks,
  ) {
    const { durable, batch } = row;
    this.pull = new PullSubscription(connection, {
      durable,
      batch,
      room: () => ({
        messages: 2 * batch - this.inHand.length,
        bytes: row.mostBytes - bytesOf(this.inHand),
      }),
      onMessage: (message) => this.receive(message),
      onBeat: () => hooks.onBeat(),
    });
  }

  start(): void {
    const { clock } = this.connection;
    const keeping: CancelTimer = clock.every(this.row.ackWaitMs / HEARTBEATS_PER_ACK_WAIT, () =>
      this.inHand.forEach((message) => message.keep()),
    );
    const listening = this.connection.onReconnect(() => this.startAnew());
    this.cancel = [keeping, listening];
    this.running = this.run();
    this.pull.start();
  }

  /** What is being kept is kept to its end; the rest goes back. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.pull.stop();
    await this.running;
    this.cancel.forEach((cancel) => cancel());
    this.waiting.forEach(giveBack);
    this.waiting = [];
    if (this.connection.isConnected) await this.connection.flush();
  }

  /** What is in hand comes again, if it is still there. */
  private startAnew(): void {
    this.connections += 1;
    this.kept = undefined;
    this.waiting.splice(0).forEach(giveBack);
    this.pull.restart();
  }

  private get inHand(): readonly Delivery[] {
    return [...this.working, ...this.waiting];
  }

  private receive(message: Delivery): void {
    if (this.stopping.signal.aborted) return giveBack(message);
    this.waiting.push(message);
    this.wake();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    await this.begin();
    while (!signal.aborted) {
      if (this.waiting.length === 0) await new Promise<void>((resolve) => (this.wake = resolve));
      this.working = this.waiting.splice(0, this.row.batch);
      if (this.working.length > 0) await this.work(this.working);
      this.working = [];
      this.pull.fill();
      this.hooks.onBeat();
    }
  }

  private async begin(): Promise<void> {
    try {
      this.kept = (await this.hooks.keptUpTo()).sequence;
    } catch (error) {
      this.hooks.onError(error);
    }
  }

  private async work(messages: readonly Delivery[]): Promise<void> {
    try {
      await this.keepAll([...messages].sort((one, other) => one.sequence - other.sequence));
      messages.forEach((message) => message.settle({ kind: 'ack' }));
    } catch (error) {
      this.kept = undefined;
      messages.forEach((message) => message.settle({ kind: 'nak', delayMs: AGAIN_MS }));
      this.hooks.onError(error);
      await this.connection.clock.idle(AGAIN_MS, this.stopping.signal);
    }
  }

  private async keepAll(messages: readonly Delivery[]): Promise<void> {
    const { connections } = this;
    let kept = await this.startingPoint(messages);
    let run: MessageOnBus[] = [];
    for await (const message of this.withoutGaps(kept, messages)) {
      run.push(message);
      kept = message.sequence;
      if (run.length < this.row.batch) continue;
      await this.keep(run, connections);
      run = [];
    }
    if (run.length > 0) await this.keep(run, connections);
    this.kept = connections === this.connections ? kept : undefined;
  }

  /** What comes behind `kept`: what is not among the messages is read from the stream. */
  private async *withoutGaps(
    kept: number,
    messages: readonly Delivery[],
  ): AsyncGenerator<MessageOnBus> {
    let next = kept + 1;
    for (const message of messages) {
      for (; next < message.sequence; next += 1) yield await this.read(next);
      if (message.sequence < next) continue;
      yield message;
      next += 1;
    }
  }

  private async keep(run: readonly MessageOnBus[], connections: number): Promise<void> {
    if (connections !== this.connections) throw new StreamReplacedError();
    await this.hooks.keep(run);
    this.hooks.onBeat();
  }

  /** A message that is kept already has come again, or belongs to a stream that was made anew. */
  private async startingPoint([first]: readonly Delivery[]): Promise<number> {
    const { kept } = this;
    const isBehind = kept === undefined || (first?.sequence ?? 0) <= kept;
    return isBehind ? (await this.hooks.keptUpTo()).sequence : kept;
  }

  /** A place whose message was deleted holds nothing back. */
  private async read(sequence: number): Promise<MessageOnBus> {
    const message = await this.connection.messageAt(sequence);
    if (message !== null) return message;
    if ((await this.connection.lastSequence()) < sequence) throw new StreamReplacedError();
    return { sequence, subject: '', headers: {}, payload: new Uint8Array() };
  }
}

function bytesOf(messages: readonly Delivery[]): number {
  return messages.reduce((sum, { bytes }) => sum + bytes, 0);
}

function giveBack(message: Delivery): void {
  message.settle({ kind: 'nak', delayMs: 0 });
}
