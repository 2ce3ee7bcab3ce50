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
import { bytesOf, HandedOver, placeOf, type Work } from './handed-over';
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
  /** Handed over inside this process, ahead of its message: the time of the event is that of this machine. */
  readonly isAhead?: true;
  /** This process was handed the event ahead of its message, and has done its work. */
  readonly isDone?: true;
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
  private readonly running = new Set<Work>();
  /** Whose handler is over, and whose work goes on. */
  private readonly held = new Map<Work, Held>();
  private readonly handedOver = new HandedOver();
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

  /**
   * Hands over what this process has just appended, ahead of its message. False if that has to wait for its message:
   * others are in front of it, there is no room for it, or the process is stopping.
   */
  offer(event: StoredEvent, epoch: string): boolean {
    const mustWait = this.stopping || this.isFull || this.waiting.length > 0;
    if (mustWait || this.handedOver.has(event)) return false;
    const bytes = bytesOf(event);
    if (this.bytes + bytes + this.pull.expectedBytes > this.row.mostBytes) return false;
    const work: Work = { message: null, bytes, place: placeOf(event) };
    this.bytes += bytes;
    this.handedOver.begin(event, epoch, work);
    const { signal } = this.abort;
    this.begin(work, () => ({ event, deliveryCount: 1, epoch, signal, isAhead: true }));
    return true;
  }

  get inHand(): number {
    return this.waiting.length + this.running.size + this.held.size;
  }

  /** Heartbeat for everything in hand: nobody else gets it while we live. */
  keep(): void {
    this.waiting.forEach((message) => message.keep());
    for (const { message } of this.running) message?.keep();
    for (const { message } of this.held.keys()) message?.keep();
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
    for (const { message } of this.running) if (message !== null) giveBack(message);
  }

  private get isFull(): boolean {
    return this.running.size + this.held.size >= this.row.concurrency;
  }

  private take(message: Delivery): void {
    if (this.stopping) return giveBack(message);
    const ahead = this.handedOver.workOn(message);
    if (ahead?.message === null) {
      ahead.message = message;
      message.forget();
    } else {
      this.bytes += message.bytes;
      this.waiting.push(message);
    }
    this.startNext();
  }

  private startNext(): void {
    while (!this.isFull) {
      const message = this.waiting.shift();
      if (!message) break;
      const work: Work = { message, bytes: message.bytes, place: null };
      this.begin(work, () => this.deliveryOf(message));
    }
    this.pull.fill();
  }

  private begin(work: Work, delivery: () => EventDelivery): void {
    this.running.add(work);
    void this.run(work, delivery);
  }

  private async run(work: Work, delivery: () => EventDelivery): Promise<void> {
    const outcome = await this.outcome(work, delivery);
    this.bytes -= work.bytes;
    this.running.delete(work);
    if (outcome.kind === 'held') this.hold(work, outcome);
    else this.answer(work, outcome);
    if (this.stopping && this.running.size === 0) this.idle?.();
    if (!this.stopping) this.startNext();
  }

  private hold(work: Work, held: Held): void {
    this.held.set(work, held);
    held.begin((outcome) => {
      if (!this.held.delete(work)) return;
      this.answer(work, outcome);
      this.startNext();
    });
    if (this.stopping) this.dropHeld();
  }

  private dropHeld(): void {
    for (const [work, held] of this.held) {
      this.held.delete(work);
      if (work.message !== null) giveBack(work.message);
      held.drop();
    }
  }

  private answer(work: Work, outcome: DeliveryOutcome | Thrown): void {
    const { message, place } = work;
    this.handedOver.end(work, outcome.kind === 'done');
    if (message === null) return;
    // What is wrong with an event that was handed over need not be wrong with its message.
    if (place !== null && outcome.kind === 'rejected') giveBack(message);
    else message.settle(ackActionFor(outcome, message.deliveryCount));
  }

  /** Throws UndecodableMessageError. */
  private deliveryOf(message: Delivery): EventDelivery {
    const event = decodeEvent(message);
    const { deliveryCount, headers } = message;
    const { [EVENT_HEADERS.epoch]: epoch = '' } = headers;
    const isDone = this.handedOver.takeDone(message);
    message.forget();
    const delivery = { event, deliveryCount, epoch, signal: this.abort.signal };
    return isDone ? { ...delivery, isDone } : delivery;
  }

  private async outcome(
    { message }: Work,
    delivery: () => EventDelivery,
  ): Promise<DeliveryOutcome | Held | Thrown> {
    try {
      return outcomeOf(await this.hooks.handle(delivery()));
    } catch (error) {
      if (error instanceof UndecodableMessageError && message !== null) {
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
