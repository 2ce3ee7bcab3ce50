import {
  status as grpcStatus,
  type handleBidiStreamingCall,
  type ServerDuplexStream,
} from '@grpc/grpc-js';
import type { Message } from 'google-protobuf';
import { Any } from 'google-protobuf/google/protobuf/any_pb';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import { batchExpectedVersionOf } from '../protocol/expected-version';
import {
  messages,
  Status,
  streamNameOf,
  streams,
  toIdentifier,
  uuidText,
} from '../protocol/messages';
import type { Caller } from '../access/access-control';
import type { Appended, AppendOutcome, Refusal, WrongVersion } from '../streams/append-request';
import { AppendBuffer } from './append-buffer';
import type { WriteContext } from './append-session';

const LONGEST_TIMER_MS = 2 ** 31 - 1;

type Request = streams.BatchAppendReq;
type Options = streams.BatchAppendReq.Options;

interface OpenAppend {
  readonly id: messages.UUID;
  readonly buffer: AppendBuffer;
  timer?: NodeJS.Timeout;
  isAnswered: boolean;
}

export interface BatchAppendContext extends WriteContext {
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export function handleBatchAppend(
  context: BatchAppendContext,
): handleBidiStreamingCall<Request, streams.BatchAppendResp> {
  return (call) => {
    try {
      new BatchAppendSession(call, { ...context, caller: context.access.identify(call.metadata) });
    } catch (error) {
      call.emit('error', error);
    }
  };
}

/**
 * One batch stream: requests of several appends interleave, each append gets exactly one response.
 * The client crashes on a second one, so an append refused early keeps its place until its last request.
 */
class BatchAppendSession {
  private readonly open = new Map<string, OpenAppend>();
  private pending = 0;
  private isHalfClosed = false;
  private isClosed = false;

  constructor(
    private readonly call: ServerDuplexStream<Request, streams.BatchAppendResp>,
    private readonly context: BatchAppendContext & { readonly caller: Caller },
  ) {
    call.on('data', (request: Request) => this.awake(() => this.receive(request)));
    call.on('drain', () => call.resume());
    call.on('end', () => this.awake(() => this.halfClose()));
    for (const event of ['cancelled', 'close', 'error']) call.on(event, () => this.close());
  }

  /** At once, unless the server hangs. */
  private awake(action: () => void): void {
    const { faults } = this.context;
    if (faults.isHanging) void faults.awake().then(action);
    else action();
  }

  private receive(request: Request): void {
    if (this.isClosed) return;
    const id = request.getCorrelationId();
    const key = uuidText(id);
    if (!id || key === undefined) return;
    const append = this.open.get(key) ?? this.begin(id, request.getOptions());
    this.open.set(key, append);
    this.collect(append, request);
    if (!request.getIsFinal()) {
      this.watchDeadline(append, request.getOptions());
      return;
    }
    this.open.delete(key);
    clearTimeout(append.timer);
    if (!append.isAnswered) this.submit(append);
  }

  private begin(id: messages.UUID, options: Options | undefined): OpenAppend {
    const stream = streamNameOf(options?.getStreamIdentifier());
    const append: OpenAppend = {
      id,
      buffer: new AppendBuffer(stream, batchExpectedVersionOf(options)),
      isAnswered: false,
    };
    if (stream === '') {
      this.answer(append, { kind: 'bad-request', message: 'the append names no stream' });
    }
    const refusal = this.refusal(stream);
    if (refusal) this.answer(append, refusal);
    if (this.remainingMs(options) <= 0) this.answer(append, { kind: 'timeout' });
    return append;
  }

  private refusal(stream: string): Refusal | undefined {
    const { faults, caller } = this.context;
    if (faults.isNotReady) return { kind: 'not-ready' };
    if (faults.denial === 'access-denied') return { kind: 'access-denied' };
    const refusal = faults.refusal();
    if (refusal) this.call.emit('error', refusal);
    return caller.may('write', stream) ? undefined : { kind: 'access-denied' };
  }

  private collect(append: OpenAppend, request: Request): void {
    for (const message of request.getProposedMessagesList()) {
      if (append.isAnswered) return;
      const refusal = append.buffer.add(message);
      if (refusal) this.answer(append, refusal);
    }
  }

  private watchDeadline(append: OpenAppend, options: Options | undefined): void {
    if (append.isAnswered || append.timer) return;
    const delay = Math.min(this.remainingMs(options), LONGEST_TIMER_MS);
    append.timer = setTimeout(() => this.answer(append, { kind: 'timeout' }), delay);
  }

  private submit(append: OpenAppend): void {
    if (this.context.faults.endsForLackOfRoom()) return;
    this.pending += 1;
    void this.context.writer.append(append.buffer.finished()).then((outcome) =>
      this.awake(() => {
        this.pending -= 1;
        this.answer(append, outcome);
        this.endWhenAnswered();
      }),
    );
  }

  private answer(append: OpenAppend, outcome: AppendOutcome): void {
    if (append.isAnswered || this.isClosed) return;
    append.isAnswered = true;
    const response = batchAppendResponse(append.id, append.buffer.stream, outcome);
    const isRepeated = this.context.faults.answersRefusalsTwice && outcome.kind !== 'appended';
    if (isRepeated) this.call.write(response);
    const hasRoom = this.call.write(response);
    if (!hasRoom) this.call.pause();
  }

  private halfClose(): void {
    this.isHalfClosed = true;
    for (const append of this.open.values()) {
      this.answer(append, { kind: 'bad-request', message: 'the append was never finished' });
    }
    this.endWhenAnswered();
  }

  private endWhenAnswered(): void {
    if (!this.isHalfClosed || this.pending > 0 || this.isClosed) return;
    this.close();
    this.call.end();
  }

  /** By the clock of this server, whatever the client's says. */
  private remainingMs(options: Options | undefined): number {
    const deadline = options?.getDeadline();
    return deadline ? deadline.toDate().getTime() - this.context.now() : LONGEST_TIMER_MS;
  }

  private close(): void {
    this.isClosed = true;
    for (const { timer } of this.open.values()) clearTimeout(timer);
    this.open.clear();
  }
}

/** The one response to an append on the batch stream. */
function batchAppendResponse(
  correlationId: messages.UUID,
  stream: string,
  outcome: AppendOutcome,
): streams.BatchAppendResp {
  const response = new streams.BatchAppendResp()
    .setCorrelationId(correlationId)
    .setStreamIdentifier(toIdentifier(stream));
  return outcome.kind === 'appended'
    ? response.setSuccess(toSuccess(outcome))
    : response.setError(toStatus(stream, outcome));
}

function toSuccess(outcome: Appended): streams.BatchAppendResp.Success {
  const success = new streams.BatchAppendResp.Success();
  if (outcome.revision === -1) success.setNoStream(new Empty());
  else success.setCurrentRevision(String(outcome.revision));
  if (outcome.position === undefined) return success.setNoPosition(new Empty());
  const position = String(outcome.position);
  return success.setPosition(
    new messages.AllStreamPosition().setCommitPosition(position).setPreparePosition(position),
  );
}

function toStatus(stream: string, refusal: Refusal): Status {
  switch (refusal.kind) {
    case 'wrong-version':
      return status(grpcStatus.ALREADY_EXISTS, 'WrongExpectedVersion', wrongVersion(refusal));
    case 'stream-deleted':
      return status(
        grpcStatus.NOT_FOUND,
        'StreamDeleted',
        new messages.StreamDeleted().setStreamIdentifier(toIdentifier(stream)),
      );
    case 'access-denied':
      return status(grpcStatus.PERMISSION_DENIED, 'AccessDenied', new messages.AccessDenied());
    case 'timeout':
      return status(grpcStatus.DEADLINE_EXCEEDED, 'Timeout', new messages.Timeout());
    case 'not-ready':
      return notReady();
    case 'too-large':
      return status(
        grpcStatus.INVALID_ARGUMENT,
        'MaximumAppendSizeExceeded',
        new messages.MaximumAppendSizeExceeded().setMaxappendsize(refusal.maxBytes),
      );
    case 'missing-property':
      return badRequest('an event needs the metadata "type" and "content-type"');
    case 'bad-request':
      return badRequest(refusal.message);
  }
}

/** The client does not recognise the details, whatever they are, and makes its error of the message. */
function notReady(): Status {
  const any = new Any();
  any.pack(new Empty().serializeBinary(), 'google.protobuf.Empty');
  return new Status()
    .setCode(Number(grpcStatus.UNAVAILABLE))
    .setMessage('Server Is Not Ready')
    .setDetails(any);
}

function badRequest(message: string): Status {
  const details = new messages.BadRequest().setMessage(message);
  return status(grpcStatus.INVALID_ARGUMENT, 'BadRequest', details);
}

// The client reads the type name of the details without a check: they must always be there.
function status(code: number, name: string, details: Message): Status {
  const any = new Any();
  any.pack(details.serializeBinary(), `event_store.client.${name}`);
  return new Status().setCode(code).setMessage(name).setDetails(any);
}

function wrongVersion({ current, expected }: WrongVersion): messages.WrongExpectedVersion {
  const details = new messages.WrongExpectedVersion();
  if (current === -1) details.setCurrentNoStream(new Empty());
  else details.setCurrentStreamRevision(String(current));
  if (expected === 'any') return details.setExpectedAny(new Empty());
  if (expected === 'no-stream') return details.setExpectedNoStream(new Empty());
  if (expected === 'stream-exists') return details.setExpectedStreamExists(new Empty());
  return details.setExpectedStreamPosition(String(expected));
}
