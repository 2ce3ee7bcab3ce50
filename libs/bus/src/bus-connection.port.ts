import type { BusMessage, ReceivedMessage } from '@uplift/contracts';
import type { Clock } from '@uplift/runtime';
import type { AckAction } from './ack-policy';
import type { TopologyOptions } from './bus-topology';

/** What was found of stream or consumers, and done about it. */
export interface TopologyReport {
  /** What it had to create or correct; empty when everything stood as the table says. */
  readonly changes: readonly string[];
  /** What the operator has set otherwise than the settings say: it stays as it is. */
  readonly differences: readonly string[];
  /** Consumers that are not as they must be and cannot be corrected, and why. */
  readonly faults: readonly string[];
}

export function merged(reports: readonly TopologyReport[]): TopologyReport {
  return {
    changes: reports.flatMap(({ changes }) => changes),
    differences: reports.flatMap((report) => report.differences),
    faults: reports.flatMap(({ faults }) => faults),
  };
}

/** How far the stream is filled. */
export interface StreamFill {
  readonly lastSequence: number;
  readonly bytes: number;
  /** At which it takes no more; null: no limit of its own. */
  readonly maxBytes: number | null;
  /** Another one with each stream that is made under the name. */
  readonly createdAt: string;
}

/** A message as the stream keeps it; a relay goes on after the last one. */
export interface MessageOnBus extends BusMessage {
  readonly sequence: number;
}

export type PublishFailureReason =
  /** Another message already stands at that sequence: read the resume point again. */
  | 'wrong-sequence'
  /** The bus took the message for one it knows: it was not stored. */
  | 'duplicate'
  /** No answer in time: whether it was stored is unknown. */
  | 'timeout'
  /** The connection went before the answer came: the same. */
  | 'disconnected'
  /** There is no stream. */
  | 'no-stream'
  /** Anything else the bus had to say, for example that it is full. */
  | 'refused';

export type PublishAnswer =
  | { readonly kind: 'stored'; readonly sequence: number }
  | { readonly kind: 'failed'; readonly reason: PublishFailureReason; readonly detail: string };

/** Publishes without waiting; the answers come to the listener, or never. */
export interface PublishChannel {
  /** The message is to be stored right after `expectedLast`, and nowhere else. */
  send(message: BusMessage, expectedLast: number): void;
  close(): void;
}

/** `expected`: the sequence that the message was to get. */
export type PublishListener = (expected: number, answer: PublishAnswer) => void;

/** About what the headers of an event and its subject take, in bytes. */
export const HEADER_BYTES = 1_280;

/** One delivered message of a durable consumer. */
export interface Delivery extends ReceivedMessage {
  readonly subject: string;
  readonly sequence: number;
  /** From 1: how often the bus has handed out this message. */
  readonly deliveryCount: number;
  /** Of what was received, in bytes, as long as it is kept. */
  readonly bytes: number;
  /** Lets go of what was received: it can be answered for, and read no more. */
  forget(): void;
  /** Tells the bus that the message is still in hand. */
  keep(): void;
  /** Only the first answer counts. */
  settle(action: AckAction): void;
}

/** How far a consumer is, as the server knows it. */
export interface ConsumerState {
  /** Messages that were never handed out. */
  readonly undelivered: number;
  /** Messages that are handed out, or lost on the way, and not acknowledged. */
  readonly inHand: number;
  /** Pulls that wait for messages. */
  readonly pulls: number;
  /** Time since a message was handed out or acknowledged last, in ms; null: none was, as far as the server knows. */
  readonly idleMs: number | null;
}

export interface PullRequest {
  readonly durable: string;
  readonly batch: number;
  /** Most bytes of messages that come, headers included. A larger message than this never comes. */
  readonly maxBytes: number;
  /** How long the pull waits for messages at the server, in milliseconds. */
  readonly expiresMs: number;
  /** The server says this often that it still knows an unanswered pull, in milliseconds. */
  readonly heartbeatMs: number;
}

export interface PullListener {
  onDelivery(delivery: Delivery): void;
  onHeartbeat(): void;
  /** Nothing more will come: the time is over, or the server refuses. A server that forgets a pull says nothing. */
  onEnd(reason: 'expired' | 'refused'): void;
}

export interface Pull {
  /** What the server had already sent is still delivered. */
  drain(): Promise<void>;
  close(): void;
}

export interface RequestOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** The server takes no message of this size: nothing was sent. */
export class PayloadTooLargeError extends Error {
  readonly code = 'payload-too-large';
  constructor(
    readonly bytes: number,
    readonly limit: number,
  ) {
    super(`The message has ${bytes} bytes; the bus takes at most ${limit}`);
  }
}

/** The stream was not as it must be, and the server refuses to change all of it. */
export class StreamUncorrectableError extends Error {
  readonly code = 'stream-uncorrectable';
  constructor(faults: readonly string[], options: ErrorOptions & { readonly answer: string }) {
    super(
      `The stream on the bus cannot be corrected (${faults.join('; ')}): ${options.answer}. Delete it, and the relay fills it anew`,
      options,
    );
  }
}

/** A request got no answer. */
export class NoAnswerError extends Error {
  readonly code = 'no-answer';
  constructor(
    readonly reason: 'no-responder' | 'timeout' | 'denied',
    options?: ErrorOptions,
  ) {
    super(`The request got no answer: ${reason}`, options);
  }
}

/** What silence may mean while the connection to the server stands. */
export const SILENT_SERVER =
  'a NATS server whose disk is full is silent like this, until there is room and it is started again';

/** JetStream gave no answer about its stream and consumers, whatever the rest of the server does. */
export class JetStreamSilentError extends Error {
  readonly code = 'jetstream-silent';
  constructor(isConnected: boolean, options?: ErrorOptions) {
    const why = isConnected ? SILENT_SERVER : 'the connection is lost';
    super(`JetStream does not answer: ${why}`, options);
  }
}

export interface IncomingRequest extends ReceivedMessage {
  /** False: whoever sent it has named no subject for an answer. */
  readonly isHeard: boolean;
  /** Throws PayloadTooLargeError. */
  respond(reply: ReceivedMessage): void;
}

export interface ServedEndpoint {
  /** Letters, digits, `-` and `_` only. */
  readonly name: string;
  readonly subject: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly onRequest: (request: IncomingRequest) => void;
}

export interface ServiceDescription {
  /** Letters, digits, `-` and `_` only. Of all that serve under one name, one gets each request. */
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly endpoints: readonly ServedEndpoint[];
}

/** One connection to the bus, kept for the life of the process. */
export abstract class BusConnection {
  /** Everything that builds on this connection goes by its clock. */
  abstract readonly clock: Clock;
  abstract readonly isConnected: boolean;
  /** Gone for good. */
  abstract readonly isClosed: boolean;
  /** Largest message that the server takes, headers included, in bytes. */
  abstract readonly maxPayload: number;

  /** Why it cannot be worked with as it must, in words; undefined if it can. */
  get trouble(): string | undefined {
    return this.isConnected ? undefined : 'not connected';
  }

  /** Called after every reconnect; returns the function that stops it. */
  abstract onReconnect(listener: () => void): () => void;
  /** Resolves when the server has got everything sent so far. */
  abstract flush(): Promise<void>;
  /** Sends what is buffered, lets subscriptions finish, then closes. */
  abstract close(): Promise<void>;

  /**
   * Brings the stream to what the table says; repeating it changes nothing. Only the relay calls it. Throws
   * StreamUncorrectableError.
   */
  abstract ensureStream(options?: TopologyOptions): Promise<TopologyReport>;
  /** The same for the consumers. Throws if there is no stream. */
  abstract ensureConsumers(options?: TopologyOptions): Promise<TopologyReport>;

  async ensureTopology(options?: TopologyOptions): Promise<TopologyReport> {
    const stream = await this.ensureStream(options);
    return merged([stream, await this.ensureConsumers(options)]);
  }

  /** Settings of the stream that are not as they must be; nothing is changed. Throws if there is no stream. */
  abstract streamFaults(): Promise<readonly string[]>;
  /** 0 for a stream that never had a message. Throws if there is no stream. */
  abstract lastSequence(): Promise<number>;
  /** Throws if there is no stream. */
  abstract streamFill(): Promise<StreamFill>;
  /** Null if there is no such message (any more). */
  abstract messageAt(sequence: number): Promise<MessageOnBus | null>;
  /** The first message at a sequence or behind it; null if there is none. */
  abstract messageFrom(sequence: number): Promise<MessageOnBus | null>;
  /** The first message with this subject at the sequence or behind it; null if there is none. */
  abstract firstWith(subject: string, sequence: number): Promise<MessageOnBus | null>;
  abstract openPublishing(listener: PublishListener): PublishChannel;

  abstract hasConsumer(durable: string): Promise<boolean>;
  /** Null if there is no such consumer. Rejects if the server does not answer. */
  abstract consumerState(durable: string): Promise<ConsumerState | null>;
  /** Messages go to the oldest pulls first. A pull of an unknown consumer is dropped without a word. */
  abstract pull(request: PullRequest, listener: PullListener): Pull;

  /** Throws NoAnswerError and PayloadTooLargeError. */
  abstract request(
    subject: string,
    payload: Uint8Array | string,
    options: RequestOptions,
  ): Promise<ReceivedMessage>;
  /** Returns the function that ends it: no new requests, those in hand may still be answered. */
  abstract serve(service: ServiceDescription): Promise<() => Promise<void>>;
}
