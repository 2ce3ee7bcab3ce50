import { randomUUID } from 'node:crypto';
import { AccessDeniedError, UnknownError } from '@eventstore/db-client';
import { unpackToCommandError } from '@eventstore/db-client/dist/streams/appendToStream/unpackError';
import { createStreamIdentifier } from '@eventstore/db-client/dist/utils/grpcStreamIdentifier';
import { createUUID, parseUUID } from '@eventstore/db-client/dist/utils/grpcUUID';
import { BatchAppendReq } from '@eventstore/db-client/generated/streams_pb';
import type { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import { Timestamp } from 'google-protobuf/google/protobuf/timestamp_pb';
import type { BatchCall, EsdbClient } from './esdb.client';
import { toEsdbEvent } from './esdb.event-codec';
import type { EsdbEvent } from './esdb.event-codec';
import type { StreamHead } from './event-store.port';
import type { LinkedEvents } from './hash-chain';

/** What one request carries at most, in bytes. */
const REQUEST_BYTES = 3 * 1024 * 1024;
/**
 * The server's limit for an append, as a time of this machine's clock: far away, so that a clock that is behind is
 * not taken for an append that is late. How long to wait is the adapter's own business.
 */
const SERVER_DEADLINE_MS = 24 * 60 * 60 * 1_000;

export interface AppendReceipt {
  /** Of the last event. */
  readonly revision: number;
  /** The same; the server does not always name it. */
  readonly position: bigint | undefined;
}

interface Pending {
  readonly stream: string;
  readonly resolve: (receipt: AppendReceipt) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Batched appends, as the client makes them, on a stream of their own. The client keeps all pending appends of a
 * process in one table: a broken stream rejects those of every other one, whose answers then end the process, and so
 * does a second answer to one append. Here an answer that nobody waits for is nothing.
 */
export class EsdbAppends {
  private open: Promise<BatchStream> | undefined;
  private answers = 0;

  /** `onBroken`: the stream that was open has ended, whether or not an answer was due. */
  constructor(
    private readonly client: EsdbClient,
    private readonly onBroken: () => void = () => undefined,
  ) {}

  /** How many appends were answered, whatever with. */
  get answered(): number {
    return this.answers;
  }

  async send(stream: string, after: StreamHead, linked: LinkedEvents): Promise<AppendReceipt> {
    const batch = await this.stream();
    return batch.send(stream, after, linked.events.map(toEsdbEvent));
  }

  private stream(): Promise<BatchStream> {
    this.open ??= this.connect();
    return this.open;
  }

  private connect(): Promise<BatchStream> {
    const forget = () => {
      if (this.open === opening) this.open = undefined;
    };
    const onEnd = () => {
      forget();
      this.onBroken();
    };
    const onAnswer = () => (this.answers += 1);
    const opening: Promise<BatchStream> = this.client
      .batchCall()
      .then((call) => new BatchStream(call, { onAnswer, onEnd, onLeft: forget }));
    opening.catch(forget);
    return opening;
  }
}

interface BatchStreamListener {
  readonly onAnswer: () => void;
  readonly onEnd: () => void;
  /** It takes no more appends; what is under way is still answered. */
  readonly onLeft: () => void;
}

class BatchStream {
  private readonly pending = new Map<string, Pending>();
  private failure: Error | undefined;
  private isLeft = false;

  constructor(
    private readonly call: BatchCall,
    private readonly listener: BatchStreamListener,
  ) {
    call
      .on('data', (answer: BatchAppendResp) => this.receive(answer))
      .on('error', (error) => this.end(error))
      .on('end', () => this.end(new Error('the server has ended the stream of appends')))
      .on('close', () => this.end(new Error('the stream of appends was closed')));
  }

  send(stream: string, after: StreamHead, events: readonly EsdbEvent[]): Promise<AppendReceipt> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) return reject(this.failure);
      if (this.isLeft) return reject(new Error('the stream of appends was left for another one'));
      const id = randomUUID();
      this.pending.set(id, { stream, resolve, reject });
      for (const request of requestsOf(id, stream, after, events)) this.call.write(request);
    });
  }

  private receive(answer: BatchAppendResp): void {
    this.listener.onAnswer();
    const id = parseUUID(answer.getCorrelationId()) ?? '';
    const asked = this.pending.get(id);
    this.pending.delete(id);
    if (!asked) return;
    const success = answer.getSuccess();
    if (!success) return this.refuse(asked, refusalOf(answer, asked.stream));
    const position = success.getPosition()?.getCommitPosition();
    asked.resolve({
      revision: Number(success.getCurrentRevision()),
      position: position === undefined ? undefined : BigInt(position),
    });
  }

  private refuse({ reject }: Pending, refusal: Error): void {
    if (refusal instanceof AccessDeniedError) this.leave();
    reject(refusal);
  }

  /** The server has looked at user and groups when the stream was opened: what was granted since counts on the next one. */
  private leave(): void {
    if (this.isLeft) return;
    this.isLeft = true;
    this.listener.onLeft();
    this.call.end();
  }

  private end(error: Error): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    if (!this.isLeft) this.listener.onEnd();
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
  }
}

function refusalOf(answer: BatchAppendResp, stream: string): Error {
  const status = answer.getError();
  if (status?.getDetails()) return unpackToCommandError(status, stream);
  return new UnknownError(undefined, status?.getMessage() ?? 'neither success nor error');
}

/** One request, unless the events are too many for one. */
function* requestsOf(
  id: string,
  stream: string,
  after: StreamHead,
  events: readonly EsdbEvent[],
): Generator<BatchAppendReq> {
  const correlationId = createUUID(id);
  const begin = () => new BatchAppendReq().setCorrelationId(correlationId).setIsFinal(false);
  let request = begin().setOptions(optionsOf(stream, after));
  let bytes = 0;
  for (const event of events) {
    const size = event.data.length + event.metadata.length;
    if (bytes > 0 && bytes + size > REQUEST_BYTES) {
      yield request;
      [request, bytes] = [begin(), 0];
    }
    bytes += size;
    request.addProposedMessages(proposed(event));
  }
  yield request.setIsFinal(true);
}

function optionsOf(stream: string, { revision }: StreamHead): BatchAppendReq.Options {
  const deadline = Timestamp.fromDate(new Date(Date.now() + SERVER_DEADLINE_MS));
  const options = new BatchAppendReq.Options()
    .setStreamIdentifier(createStreamIdentifier(stream))
    .setDeadline(deadline);
  return revision < 0
    ? options.setNoStream(new Empty())
    : options.setStreamPosition(String(revision));
}

function proposed({ id, type, data, metadata }: EsdbEvent): BatchAppendReq.ProposedMessage {
  const message = new BatchAppendReq.ProposedMessage().setId(createUUID(id));
  message.getMetadataMap().set('type', type).set('content-type', 'application/json');
  return message.setCustomMetadata(metadata).setData(data);
}
