import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import type { CancelTimer } from '@uplift/runtime';
import type { StoredEvent } from '@uplift/contracts';
import { isObservable, lastValueFrom } from 'rxjs';
import type { BusConnection } from './bus-connection.port';
import { consumerRow, type ConsumerRow, type DurableName } from './bus-topology';
import { ConsumerLoop, type EventDelivery } from './consumer-loop';

/** Where a message lies that is no event. */
export interface UnreadableMessage {
  readonly durable: string;
  readonly sequence: number;
}

export interface JetStreamStrategyOptions {
  readonly connection: BusConnection;
  /** Durables to consume; absent: every one that has a handler. */
  readonly durables?: readonly string[];
  /** Handlers at once per durable; absent: as the topology table says. */
  readonly concurrency?: number;
  /** Silence after which a message goes to another worker, in ms, where the consumers were not made by the table. */
  readonly ackWaitMs?: number;
  /** Called at least every few seconds while the loop of this durable lives, also without traffic. */
  readonly onBeat?: (durable: string) => void;
  /** Told of each message that is dropped because nobody can read it; absent: they are logged. */
  readonly onUnreadable?: (error: Error, message: UnreadableMessage) => void;
  /** Longest wait for running handlers at shutdown, in milliseconds; default 25,000. */
  readonly drainMs?: number;
}

const DEFAULT_DRAIN_MS = 25_000;
/** Heartbeats per ack wait: two may get lost. */
const HEARTBEATS_PER_ACK_WAIT = 3;

/**
 * Events to `@EventPattern('<durable>')` handlers. A handler gets an EventDelivery and returns (or emits)
 * a DeliveryOutcome; nothing returned means done, an error means "again, later".
 */
export class JetStreamStrategy extends Server implements CustomTransportStrategy {
  private loops: ConsumerLoop[] = [];
  private timers: CancelTimer[] = [];
  private stopListening: (() => void) | undefined;

  constructor(private readonly options: JetStreamStrategyOptions) {
    super();
  }

  listen(ready: (error?: unknown) => void): void {
    try {
      this.start();
      ready();
    } catch (error) {
      ready(error);
    }
  }

  /** Messages handed to this process and not yet answered for. */
  get inHand(): number {
    return this.loops.reduce((sum, loop) => sum + loop.inHand, 0);
  }

  /**
   * Hands an event that this process has just appended to the handler of a durable, ahead of its message, which is
   * acknowledged when it comes. False if its message has to do that: the handler is busy, elsewhere, or stopping.
   *
   * @param epoch which filling of the bus the message will be of
   */
  offer(durable: DurableName, event: StoredEvent, epoch: string): boolean {
    const loop = this.loops.find(({ row }) => row.durable === durable);
    return loop?.offer(event, epoch) ?? false;
  }

  async close(): Promise<void> {
    this.stopListening?.();
    const loops = this.loops.splice(0);
    const { connection, drainMs = DEFAULT_DRAIN_MS } = this.options;
    const allStopped = new AbortController();
    const deadline = connection.clock.idle(drainMs, allStopped.signal);
    await Promise.all(loops.map((loop) => loop.stop(deadline)));
    allStopped.abort();
    this.timers.splice(0).forEach((cancel) => cancel());
    if (connection.isConnected) await connection.flush();
  }

  on(): never {
    throw new Error('This transport has no events to listen to');
  }

  unwrap<T>(): T {
    return this.options.connection as T;
  }

  private start(): void {
    const { connection } = this.options;
    this.loops = this.wanted().map(([row, handler]) => this.loop(row, handler));
    this.timers = this.loops.map((loop) =>
      connection.clock.every(loop.row.ackWaitMs / HEARTBEATS_PER_ACK_WAIT, () => loop.keep()),
    );
    this.stopListening = connection.onReconnect(() => this.loops.forEach((loop) => loop.restart()));
    this.loops.forEach((loop) => loop.start());
  }

  private wanted(): [ConsumerRow, MessageHandler][] {
    const { durables } = this.options;
    const handlers = [...this.messageHandlers].filter(([, handler]) => handler.isEventHandler);
    const chosen = handlers.filter(([durable]) => durables?.includes(durable) ?? true);
    return chosen.map(([durable, handler]) => [this.row(durable), handler]);
  }

  private row(durable: string): ConsumerRow {
    const row = consumerRow(durable);
    if (!row) throw new Error(`No consumer "${durable}" in the topology table`);
    const { concurrency = row.concurrency, ackWaitMs = row.ackWaitMs } = this.options;
    return { ...row, concurrency, ackWaitMs };
  }

  private loop(row: ConsumerRow, handler: MessageHandler): ConsumerLoop {
    const { connection, onBeat } = this.options;
    return new ConsumerLoop(connection, row, {
      handle: (delivery) => this.handle(handler, delivery),
      onUnreadable: ({ sequence }, error) => this.tellUnreadable(row.durable, sequence, error),
      onError: (error, durable) => void this.logger.error(errorText(error), durable),
      onBeat: () => onBeat?.(row.durable),
    });
  }

  private tellUnreadable(durable: string, sequence: number, error: Error): void {
    const { onUnreadable } = this.options;
    if (onUnreadable) onUnreadable(error, { durable, sequence });
    else void this.logger.error(`Message ${sequence} of ${durable}: ${error.message}`);
  }

  private async handle(handler: MessageHandler, delivery: EventDelivery): Promise<unknown> {
    const returned: unknown = await handler(delivery);
    if (!isObservable(returned)) return returned;
    return lastValueFrom<unknown, undefined>(returned, { defaultValue: undefined });
  }
}

function errorText(error: unknown): string {
  if (error instanceof Error) return error.stack ?? error.message;
  return typeof error === 'string' ? error : JSON.stringify(error);
}
