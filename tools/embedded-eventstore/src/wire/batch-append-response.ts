import { Any } from 'google-protobuf/google/protobuf/any_pb';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import { status as grpcStatus } from '@grpc/grpc-js';
import type { Message } from 'google-protobuf';
import type { Appended, AppendOutcome, ExpectedVersion, Refusal } from '../writing/append-request';
import { messages, Status, streams } from './generated';
import { toIdentifier } from './stream-identifier';

/** The one response to an append on the batch stream. */
export function batchAppendResponse(
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

function wrongVersion(
  refusal: Extract<Refusal, { kind: 'wrong-version' }>,
): messages.WrongExpectedVersion {
  const details = new messages.WrongExpectedVersion();
  if (refusal.current === -1) details.setCurrentNoStream(new Empty());
  else details.setCurrentStreamRevision(String(refusal.current));
  return withExpected(details, refusal.expected);
}

function withExpected(
  details: messages.WrongExpectedVersion,
  expected: ExpectedVersion,
): messages.WrongExpectedVersion {
  if (expected === 'any') return details.setExpectedAny(new Empty());
  if (expected === 'no-stream') return details.setExpectedNoStream(new Empty());
  if (expected === 'stream-exists') return details.setExpectedStreamExists(new Empty());
  return details.setExpectedStreamPosition(String(expected));
}
