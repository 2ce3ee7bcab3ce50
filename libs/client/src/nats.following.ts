import { decodeEvent, EVENTS_STREAM, UndecodableMessageError } from '@uplift/contracts';
import type { Consumer, JsMsg, NatsConnection } from 'nats';
import { pauseBefore } from './retries';
import type { UpliftEvent } from './uplift-client';
import { pause, type Waits } from './waits';

export interface NatsFollowOptions {
  /**
   * The pull consumer of `UPLIFT_EVENTS` that an operator has made for this service: the server keeps how far it has come.
   * An event counts as dealt with when the loop asks for the next one; otherwise it comes again.
   */
  readonly durable: string;
  /** Told of a message that is no event of Uplift, and is passed over. */
  readonly onUnreadable?: (error: UndecodableMessageError, subject: string) => void;
  /** Ends the events, as leaving the loop does. */
  readonly signal?: AbortSignal;
}

/** A pull that the server has lost, with the connection, is over by then. */
const PULL_MS = 5_000;

/** The events of one consumer, one at a time: none is on hand that nobody has asked for. */
export class NatsFollowing {
  private readonly ended = new AbortController();

  constructor(
    private readonly nats: NatsConnection,
    private readonly waits: Waits,
    private readonly options: NatsFollowOptions,
  ) {}

  /** Throws if there is no such consumer, or this user has no right to it. */
  async *events(): AsyncGenerator<UpliftEvent, void, undefined> {
    const { signal } = this.options;
    const end = () => this.ended.abort();
    signal?.addEventListener('abort', end);
    if (signal?.aborted) end();
    try {
      yield* this.readable();
    } finally {
      signal?.removeEventListener('abort', end);
      end();
    }
  }

  private async *readable(): AsyncGenerator<UpliftEvent, void, undefined> {
    for await (const message of this.messages()) {
      const event = this.eventIn(message);
      if (event !== undefined) yield event;
    }
  }

  private async *messages(): AsyncGenerator<JsMsg, void, undefined> {
    const consumer = await this.consumer();
    while (!this.ended.signal.aborted) {
      const message = await this.next(consumer);
      if (message !== null) yield* handedOut(message);
    }
  }

  /** Null: none came, or the server did not answer. */
  private async next(consumer: Consumer): Promise<JsMsg | null> {
    const { signal } = this.ended;
    const asked = consumer.next({ expires: PULL_MS });
    try {
      return await untilAborted(asked, signal);
    } catch {
      if (this.nats.isClosed()) throw new Error('The connection to the NATS server is closed');
      await pause(this.waits, pauseBefore(this.waits, 1), signal);
      await this.refuseMissing(consumer);
      return null;
    }
  }

  private async refuseMissing(consumer: Consumer): Promise<void> {
    try {
      await consumer.info();
    } catch (error) {
      if ((error as { code?: unknown }).code === '404') throw this.unusable(error);
    }
  }

  private async consumer(): Promise<Consumer> {
    try {
      return await this.nats.jetstream().consumers.get(EVENTS_STREAM, this.options.durable);
    } catch (error) {
      throw this.unusable(error);
    }
  }

  private unusable(cause: unknown): Error {
    const { durable } = this.options;
    return new Error(
      `The consumer ${durable} of ${EVENTS_STREAM} cannot be used: an operator makes it with nats consumer add ${EVENTS_STREAM} ${durable} --pull`,
      { cause },
    );
  }

  private eventIn(message: JsMsg): UpliftEvent | undefined {
    try {
      return eventOf(message);
    } catch (error) {
      if (!(error instanceof UndecodableMessageError)) throw error;
      this.options.onUnreadable?.(error, message.subject);
      return undefined;
    }
  }
}

/** Acknowledged when the next one is asked for; given back where the loop is left. */
function* handedOut(message: JsMsg): Generator<JsMsg, void, undefined> {
  let isDealtWith = false;
  try {
    yield message;
    isDealtWith = true;
  } finally {
    if (isDealtWith) message.ack();
    else message.nak();
  }
}

/** As over HTTP. */
function eventOf(message: JsMsg): UpliftEvent {
  const headers = headersOf(message);
  const { position, stream, ...event } = decodeEvent({ headers, payload: message.data });
  const subject = stream.slice(stream.indexOf('-') + 1);
  return { ...event, stream, subject, position: position.toString() } as unknown as UpliftEvent;
}

function headersOf({ headers }: JsMsg): Record<string, string> {
  const names = headers?.keys() ?? [];
  return Object.fromEntries(names.map((name) => [name, headers?.get(name) ?? '']));
}

/** A message that comes after all goes back. */
function untilAborted(asked: Promise<JsMsg | null>, signal: AbortSignal): Promise<JsMsg | null> {
  return new Promise((resolve, reject) => {
    const end = () => {
      resolve(null);
      void asked.then((message) => message?.nak()).catch(() => undefined);
    };
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    asked.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}
