import type { handleClientStreamingCall, sendUnaryData, ServerReadableStream } from '@grpc/grpc-js';
import type { AccessControl, Caller } from '../access/access-control';
import type { Faults } from '../faults/faults';
import { accessDenied, CallFailure, failureOf, invalidArgument } from '../protocol/call-failure';
import { expectedVersionOf } from '../protocol/expected-version';
import { messages, streamNameOf, streams } from '../protocol/messages';
import type { Appended, AppendOutcome, WrongVersion } from '../streams/append-request';
import type { StreamWriter } from '../streams/stream-writer';
import { AppendBuffer } from './append-buffer';

export interface WriteContext {
  readonly writer: StreamWriter;
  readonly faults: Faults;
  readonly access: AccessControl;
}

export function handleAppend({
  writer,
  faults,
  access,
}: WriteContext): handleClientStreamingCall<streams.AppendReq, streams.AppendResp> {
  return (call, reply) => {
    const begin = () => {
      const refusal = faults.refusal();
      if (refusal) throw refusal;
      const caller = access.identify(call.metadata);
      if (!faults.endsForLackOfRoom()) new AppendSession(call, reply, { writer, caller });
    };
    void faults.awake().then(begin).catch(reply);
  };
}

interface Appending {
  readonly writer: StreamWriter;
  readonly caller: Caller;
}

/** One classic append: options first, then one message per event; replies once. */
class AppendSession {
  private buffer: AppendBuffer | undefined;
  private isAnswered = false;

  constructor(
    call: ServerReadableStream<streams.AppendReq, streams.AppendResp>,
    private readonly reply: sendUnaryData<streams.AppendResp>,
    private readonly context: Appending,
  ) {
    call.on('data', (request: streams.AppendReq) => this.receive(request));
    call.on('end', () => void this.finish());
    for (const event of ['cancelled', 'error']) call.on(event, () => (this.isAnswered = true));
  }

  private receive(request: streams.AppendReq): void {
    if (this.isAnswered) return;
    const options = request.getOptions();
    if (options) {
      const stream = streamNameOf(options.getStreamIdentifier());
      if (stream === '') this.fail(invalidArgument('the append names no stream'));
      if (!this.context.caller.may('write', stream)) this.fail(accessDenied());
      this.buffer = new AppendBuffer(stream, expectedVersionOf(options));
      return;
    }
    const proposed = request.getProposedMessage();
    if (!proposed || !this.buffer) {
      return this.fail(invalidArgument('an append begins with its options'));
    }
    const refusal = this.buffer.add(proposed);
    if (refusal) this.fail(failureOf(this.buffer.stream, refusal));
  }

  private async finish(): Promise<void> {
    if (this.isAnswered) return;
    if (!this.buffer) return this.fail(invalidArgument('an append begins with its options'));
    const outcome = await this.context.writer.append(this.buffer.finished());
    try {
      const response = appendResponse(this.buffer.stream, outcome);
      if (!this.isAnswered) this.reply(null, response);
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    if (!(error instanceof CallFailure)) throw error;
    if (this.isAnswered) return;
    this.isAnswered = true;
    this.reply(error);
  }
}

/** The reply of the classic append; everything but success and a wrong version is a failed call. */
function appendResponse(stream: string, outcome: AppendOutcome): streams.AppendResp {
  if (outcome.kind === 'appended') return new streams.AppendResp().setSuccess(toSuccess(outcome));
  if (outcome.kind !== 'wrong-version') throw failureOf(stream, outcome);
  return new streams.AppendResp().setWrongExpectedVersion(wrongVersion(outcome));
}

function toSuccess(outcome: Appended): streams.AppendResp.Success {
  const success = new streams.AppendResp.Success();
  if (outcome.revision === -1) success.setNoStream(new messages.Empty());
  else success.setCurrentRevision(String(outcome.revision));
  if (outcome.position === undefined) return success.setNoPosition(new messages.Empty());
  const position = String(outcome.position);
  return success.setPosition(
    new streams.AppendResp.Position().setCommitPosition(position).setPreparePosition(position),
  );
}

function wrongVersion({
  current,
  expected,
}: WrongVersion): streams.AppendResp.WrongExpectedVersion {
  const reply = new streams.AppendResp.WrongExpectedVersion();
  if (current === -1) reply.setCurrentNoStream(new messages.Empty());
  else reply.setCurrentRevision(String(current));
  if (expected === 'any') return reply.setExpectedAny(new messages.Empty());
  if (expected === 'no-stream') return reply.setExpectedNoStream(new messages.Empty());
  if (expected === 'stream-exists') return reply.setExpectedStreamExists(new messages.Empty());
  return reply.setExpectedRevision(String(expected));
}
