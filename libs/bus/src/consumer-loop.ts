import { setMaxListeners } from 'node:events';
import {
  EVENT_HEADERS,
  UndecodableMessageError,
  decodeEvent,
  type StoredEvent,
} from '@uplift/contracts';
import {
  ackActionFor,
  outcomeOf,
  REJECTED,
  THROWN,
  type DeliveryOutcome,
  type Held,
  type Thrown,
} from './ack-policy';
import type { BusConnection, Delivery } from './bus-connection.port';
import type { ConsumerRow } from './bus-topology';
import { PullSubscription } from './pull-subscription';

/** What an `@EventPattern('<durable>')` handler receives. */
export interface EventDelivery {
  readonly event: StoredEvent;
  /** From 1: how often the bus has handed out this event. */
  readonly deliveryCount: number;
  /** Which filling of the bus the message says it is of; empty if it does not say. */
  readonly epoch: string;
  /** Aborted when the process is asked to stop. */
  readonly signal: AbortSignal;
}

export interface LoopHooks {
  readonly handle: (delivery: EventDelivery) => Promise<unknown>;
  /** No retry can make the message readable: it is dropped. */
  readonly onUnreadable: (message: Delivery, error: UndecodableMessageError) => void;
  readonly onError: (error: unknown, durable: string) => void;
  readonly onBeat: () => void;
}

/** One durable consumer in one process: pulls ahead, runs up to `concurrency` handlers, answers for each message. */
export class ConsumerLoop {
  private readonly pull: PullSubscription;
  private readonly waiting: Delivery[] = [];
  private readonly running = new Map<Delivery, number>();
  /** Whose handler is over, and whose work goes on. */
  private readonly held = new Map<Delivery, Held>();
  /** Of those whose handler is not over. */
  private bytes = 0;
  private readonly abort = new AbortController();
  private idle: (() => void) | undefined;
  private stopping = false;

  constructor(
    connection: BusConnection,
    readonly row: ConsumerRow,
    private readonly hooks: LoopHooks,
  ) {
    // One listener per message in hand is meant.
    setMaxListeners(0, this.abort.signal);
    this.pull = new PullSubscription(connection, {
      durable: row.durable,
      batch: row.batch,
      room: () => ({
        messages: row.concurrency + row.batch - this.inHand,
        bytes: row.mostBytes - this.bytes,
      }),
      onMessage: (message) => this.take(message),
      onBeat: hooks.onBeat,
    });
  }

  start(): void {
    this.pull.start();
  }

  restart(): void {
    this.pull.restart();
  }

  get inHand(): number {
    return this.waiting.length + this.running.size + this.held.size;
  }

  /** Heartbeat for everything in hand: nobody else gets it while we live. */
  keep(): void {
    this.waiting.forEach((message) => message.keep());
    for (const message of this.running.keys()) message.keep();
    for (const message of this.held.keys()) message.keep();
  }

  /** Gives back what was not started, lets the rest finish, and gives back what does not finish in time. */
  async stop(deadline: Promise<void>): Promise<void> {
    this.stopping = true;
    this.abort.abort(new Error('The process is stopping'));
    this.waiting.splice(0).forEach(giveBack);
    this.dropHeld();
    await this.pull.stop();
    const allDone = new Promise<void>((resolve) => (this.idle = resolve));
    if (this.running.size > 0) await Promise.race([allDone, deadline]);
    for (const message of this.running.keys()) giveBack(message);
  }

  private take(message: Delivery): void {
    if (this.stopping) return giveBack(message);
    this.bytes += message.bytes;
    this.waiting.push(message);
    this.startNext();
  }

  private startNext(): void {
    while (this.running.size + this.held.size < this.row.concurrency) {
      const message = this.waiting.shift();
      if (!message) break;
      this.running.set(message, message.bytes);
      void this.run(message);
    }
    this.pull.fill();
  }

  private async run(message: Delivery): Promise<void> {
    const outcome = await this.outcome(message);
    this.bytes -= this.running.get(message) ?? 0;
    this.running.delete(message);
    if (outcome.kind === 'held') this.hold(message, outcome);
    else message.settle(ackActionFor(outcome, message.deliveryCount));
    if (this.stopping && this.running.size === 0) this.idle?.();
    if (!this.stopping) this.startNext();
  }

  private hold(message: Delivery, work: Held): void {
    this.held.set(message, work);
    work.begin((outcome) => {
      if (!this.held.delete(message)) return;
      message.settle(ackActionFor(outcome, message.deliveryCount));
      this.startNext();
    });
    if (this.stopping) this.dropHeld();
  }

  private dropHeld(): void {
    for (const [message, work] of this.held) {
      this.held.delete(message);
      giveBack(message);
      work.drop();
    }
  }

  private async outcome(message: Delivery): Promise<DeliveryOutcome | Held | Thrown> {
    try {
      const event = decodeEvent(message);
      const { deliveryCount, headers } = message;
      message.forget();
      const { [EVENT_HEADERS.epoch]: epoch = '' } = headers;
      const { signal } = this.abort;
      return outcomeOf(await this.hooks.handle({ event, deliveryCount, epoch, signal }));
    } catch (error) {
      if (error instanceof UndecodableMessageError) {
        this.hooks.onUnreadable(message, error);
        return REJECTED;
      }
      this.hooks.onError(error, this.row.durable);
      return THROWN;
    }
  }
}

function giveBack(message: Delivery): void {
  message.settle({ kind: 'nak', delayMs: 0 });
}
