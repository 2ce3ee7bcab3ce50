import type { handleUnaryCall, Metadata } from '@grpc/grpc-js';
import { accessDenied, failureOf, invalidArgument } from '../protocol/call-failure';
import { expectedVersionOf } from '../protocol/expected-version';
import { streamNameOf, streams } from '../protocol/messages';
import type { DeleteKind } from '../streams/append-request';
import type { WriteContext } from './append-session';

type DeleteContext = Pick<WriteContext, 'writer' | 'access'>;
type Request = streams.DeleteReq | streams.TombstoneReq;

export function handleDelete(
  context: DeleteContext,
): handleUnaryCall<streams.DeleteReq, streams.DeleteResp> {
  const { DeleteResp } = streams;
  return handle(context, 'soft', (position) => {
    const at = new DeleteResp.Position().setCommitPosition(position).setPreparePosition(position);
    return new DeleteResp().setPosition(at);
  });
}

export function handleTombstone(
  context: DeleteContext,
): handleUnaryCall<streams.TombstoneReq, streams.TombstoneResp> {
  const { TombstoneResp: Response } = streams;
  return handle(context, 'tombstone', (position) => {
    const at = new Response.Position().setCommitPosition(position).setPreparePosition(position);
    return new Response().setPosition(at);
  });
}

interface Call {
  readonly request: Request;
  readonly metadata: Metadata;
}

function handle<Response>(
  { writer, access }: DeleteContext,
  kind: DeleteKind,
  responseOf: (position: string) => Response,
): handleUnaryCall<Request, Response> {
  const run = async ({ request, metadata }: Call) => {
    const caller = access.identify(metadata);
    const options = request.getOptions();
    const stream = streamNameOf(options?.getStreamIdentifier());
    if (stream === '') throw invalidArgument('the call names no stream');
    if (!caller.may('delete', stream)) throw accessDenied();
    const outcome = await writer.delete(kind, stream, expectedVersionOf(options));
    if (outcome.kind !== 'appended') throw failureOf(stream, outcome);
    return responseOf(String(outcome.position));
  };
  return (call, reply) => void run(call).then((response) => reply(null, response), reply);
}
