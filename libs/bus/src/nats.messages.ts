import type { BusMessage, ReceivedMessage } from '@uplift/contracts';
import { COMMAND_ALIASES, EVENTS_STREAM } from '@uplift/contracts';
import {
  ErrorCode,
  headers as newHeaders,
  MsgHdrsImpl,
  NatsError,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
  type ServiceMsg,
  type Subscription,
} from 'nats';
import type { AckAction } from './ack-policy';
import {
  HEADER_BYTES,
  PayloadTooLargeError,
  type Delivery,
  type IncomingRequest,
  type PublishAnswer,
  type PublishChannel,
  type PublishListener,
  type Pull,
  type PullListener,
  type PullRequest,
} from './bus-connection.port';
import type { NatsAnswers } from './nats.answers';

const NANOS_PER_MS = 1_000_000;

/** The first value of each header, under the name it was sent with. */
export function headerRecord(headers: MsgHdrs | undefined): Record<string, string> {
  const record: Record<string, string> = {};
  for (const [name, [first]] of headers ?? []) {
    if (first !== undefined) record[name] = first;
  }
  return record;
}

export function natsHeaders(fields: Readonly<Record<string, string>>): MsgHdrs {
  const headers = newHeaders();
  Object.entries(fields).forEach(([name, value]) => headers.set(name, value));
  return headers;
}

/** `maxPayload`: of the server that the reply goes to. */
export function incomingRequest(message: ServiceMsg, maxPayload: number): IncomingRequest {
  return {
    headers: headerRecord(message.headers),
    payload: message.data,
    isHeard: message.reply !== undefined && message.reply !== '',
    respond({ payload, headers }: ReceivedMessage): void {
      try {
        message.respond(payload, { headers: natsHeaders(headers) });
      } catch (error) {
        if (!isTooLarge(error)) throw error;
        throw new PayloadTooLargeError(payload.byteLength, maxPayload);
      }
    },
  };
}

const NOT_FOR_ANSWERS = ['$', 'uplift.'];

/** An answer goes out with the rights of who gives it: none may be an event, a command or a call of the server. */
export function isForAnswers(reply: string): boolean {
  const isUplifts = NOT_FOR_ANSWERS.some((start) => reply.startsWith(start));
  return !isUplifts && !Object.hasOwn(COMMAND_ALIASES, reply);
}

/**
 * Headers of a message that a server has sent on for a stream (`republish`), or read out of one. Behind headers that
 * somebody has left open the first is no line of its own.
 */
const OF_A_STREAM = ['Nats-Stream', 'Nats-Subject', 'Nats-Sequence'];

function isFromStream(headers: MsgHdrs | undefined): boolean {
  return OF_A_STREAM.some((name) => headers?.has(name) === true);
}

/**
 * Why a request is not served, in words; undefined if it is. Its reply comes first: headers that cannot be read throw,
 * and the client then answers by itself.
 */
export function requestFault(message: Pick<Msg, 'reply' | 'headers'>): string | undefined {
  if (!isForAnswers(message.reply ?? '')) {
    return 'its answer would be a message to Uplift or the server';
  }
  if (isFromStream(message.headers)) {
    return 'a stream has sent it on, and nobody was asked for the right to';
  }
  return undefined;
}

export function isTooLarge(error: unknown): boolean {
  return error instanceof NatsError && error.code === (ErrorCode.MaxPayloadExceeded as string);
}

interface StreamAnswer {
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly error?: { readonly err_code?: number; readonly description?: string };
}

const WRONG_LAST_SEQUENCE = 10_071;

/** All answers come to one subject, with the expected sequence as its last token. */
export class NatsPublishChannel implements PublishChannel {
  private readonly subscription: Subscription;

  constructor(
    private readonly nats: NatsConnection,
    private readonly inbox: string,
    listener: PublishListener,
  ) {
    this.subscription = nats.subscribe(`${inbox}.*`, {
      callback: (error, message) => {
        const expected = Number(message.subject.slice(inbox.length + 1));
        listener(expected, error ? failed('refused', error.message) : answerIn(message));
      },
    });
  }

  send(message: BusMessage, expectedLast: number): void {
    this.nats.publish(message.subject, message.payload, {
      reply: `${this.inbox}.${expectedLast + 1}`,
      headers: new PreparedHeaders(message.headers, expectedLast),
    });
  }

  close(): void {
    if (!this.nats.isClosed()) this.subscription.unsubscribe();
  }
}

function answerIn(message: Msg): PublishAnswer {
  if (message.data.byteLength === 0) return failed('no-stream', 'nobody answered');
  const { seq, duplicate, error } = message.json<StreamAnswer>();
  if (error) {
    const reason = error.err_code === WRONG_LAST_SEQUENCE ? 'wrong-sequence' : 'refused';
    return failed(reason, error.description ?? 'no reason given');
  }
  if (duplicate) return failed('duplicate', 'taken for a repeat');
  return { kind: 'stored', sequence: seq ?? 0 };
}

function failed(reason: 'wrong-sequence' | 'duplicate' | 'no-stream' | 'refused', detail: string) {
  return { kind: 'failed', reason, detail } as const;
}

/** Headers that are already legal, written in one go: half the cost of a publish is the client's own encoding. */
class PreparedHeaders extends MsgHdrsImpl {
  constructor(
    private readonly fields: Readonly<Record<string, string>>,
    private readonly expectedLastSequence: number,
  ) {
    super();
  }

  override encode(): Uint8Array {
    let text = `NATS/1.0\r\nNats-Expected-Last-Sequence: ${this.expectedLastSequence}\r\n`;
    for (const name in this.fields) text += `${name}: ${this.fields[name]}\r\n`;
    return Buffer.from(`${text}\r\n`);
  }
}

/** The next message would have been more than the bytes that were asked for. */
function isFull({ headers }: Msg): boolean {
  return headers?.code === 409 && headers.description.endsWith('MaxBytes');
}

const HEARTBEAT = 100;
const NOTHING_MORE = [404, 408];

/** One pull with a subscription of its own: messages arrive under their event subject, which names no pull. */
export class NatsPull implements Pull {
  private readonly subscription: Subscription;

  constructor(
    private readonly nats: NatsConnection,
    private readonly answers: NatsAnswers,
    request: PullRequest & { readonly inbox: string },
    private readonly listener: PullListener,
  ) {
    const { inbox } = request;
    this.subscription = nats.subscribe(inbox, {
      callback: (error, message) => (error ? listener.onEnd('refused') : this.receive(message)),
    });
    const asked = {
      batch: request.batch,
      max_bytes: request.maxBytes,
      expires: request.expiresMs * NANOS_PER_MS,
      idle_heartbeat: request.heartbeatMs * NANOS_PER_MS,
    };
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${EVENTS_STREAM}.${request.durable}`;
    nats.publish(subject, JSON.stringify(asked), { reply: inbox });
  }

  drain(): Promise<void> {
    return this.subscription.drain();
  }

  close(): void {
    if (!this.nats.isClosed()) this.subscription.unsubscribe();
  }

  private receive(message: Msg): void {
    if (message.reply?.startsWith('$JS.ACK.')) {
      return this.listener.onDelivery(new NatsDelivery(this.answers, message, message.reply));
    }
    const code = message.headers?.code ?? 0;
    if (code === HEARTBEAT) return this.listener.onHeartbeat();
    const isOver = NOTHING_MORE.includes(code) || isFull(message);
    this.listener.onEnd(isOver ? 'expired' : 'refused');
  }
}

const DELIVERED_TOKEN = -5;
const SEQUENCE_TOKEN = -4;
/** The reply subject is the way to answer for a message, and says what it is. */
class NatsDelivery implements Delivery {
  readonly deliveryCount: number;
  readonly sequence: number;
  private message: Msg | null;
  private answered = false;

  constructor(
    private readonly answers: NatsAnswers,
    message: Msg,
    private readonly reply: string,
  ) {
    const tokens = ackTokens(reply);
    this.deliveryCount = Number(tokens.at(DELIVERED_TOKEN));
    this.sequence = Number(tokens.at(SEQUENCE_TOKEN));
    this.message = message;
  }

  get subject(): string {
    return this.received.subject;
  }

  get headers(): Record<string, string> {
    return headerRecord(this.received.headers);
  }

  get payload(): Uint8Array {
    return this.received.data;
  }

  get bytes(): number {
    return this.message === null ? 0 : this.message.data.byteLength + HEADER_BYTES;
  }

  forget(): void {
    this.message = null;
  }

  keep(): void {
    this.answers.keep(this.reply);
  }

  settle(action: AckAction): void {
    if (this.answered) return;
    this.answered = true;
    this.answers.settle(this.reply, action);
  }

  private get received(): Msg {
    if (this.message === null) throw new Error(`Message ${this.sequence} was let go of`);
    return this.message;
  }
}

/** `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>`; newer servers put
 * domain and account before the stream and may append a token. */
function ackTokens(reply: string): string[] {
  const tokens = reply.split('.');
  return tokens.length > 11 ? tokens.slice(0, 11) : tokens;
}
