import type { Appended, AppendOutcome, Refusal } from '../writing/append-request';
import { messages, streams } from './generated';
import { failureOf } from './call-failure';

/** The reply of the classic append; everything but success and a wrong version is a failed call. */
export function appendResponse(stream: string, outcome: AppendOutcome): streams.AppendResp {
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

function wrongVersion(
  refusal: Extract<Refusal, { kind: 'wrong-version' }>,
): streams.AppendResp.WrongExpectedVersion {
  const reply = new streams.AppendResp.WrongExpectedVersion();
  if (refusal.current === -1) reply.setCurrentNoStream(new messages.Empty());
  else reply.setCurrentRevision(String(refusal.current));
  const { expected } = refusal;
  if (expected === 'any') return reply.setExpectedAny(new messages.Empty());
  if (expected === 'no-stream') return reply.setExpectedNoStream(new messages.Empty());
  if (expected === 'stream-exists') return reply.setExpectedStreamExists(new messages.Empty());
  return reply.setExpectedRevision(String(expected));
}
