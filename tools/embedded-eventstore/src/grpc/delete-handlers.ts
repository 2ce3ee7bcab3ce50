import type { handleUnaryCall } from '@grpc/grpc-js';
import { failureOf, invalidArgument } from '../protocol/call-failure';
import { expectedVersionOf } from '../protocol/expected-version';
import { streamNameOf, streams } from '../protocol/messages';
import type { DeleteKind } from '../streams/append-request';
import type { StreamWriter } from '../streams/stream-writer';

type Request = streams.DeleteReq | streams.TombstoneReq;

export function handleDelete(
  writer: StreamWriter,
): handleUnaryCall<streams.DeleteReq, streams.DeleteResp> {
  const { DeleteResp } = streams;
  return handle(writer, 'soft', (position) => {
    const at = new DeleteResp.Position().setCommitPosition(position).setPreparePosition(position);
    return new DeleteResp().setPosition(at);
  });
}

export function handleTombstone(
  writer: StreamWriter,
): handleUnaryCall<streams.TombstoneReq, streams.TombstoneResp> {
  const { TombstoneResp: Response } = streams;
  return handle(writer, 'tombstone', (position) => {
    const at = new Response.Position().setCommitPosition(position).setPreparePosition(position);
    return new Response().setPosition(at);
  });
}

function handle<Response>(
  writer: StreamWriter,
  kind: DeleteKind,
  responseOf: (position: string) => Response,
): handleUnaryCall<Request, Response> {
  const run = async ({ request }: { readonly request: Request }) => {
    const options = request.getOptions();
    const stream = streamNameOf(options?.getStreamIdentifier());
    if (stream === '') throw invalidArgument('the call names no stream');
    const outcome = await writer.delete(kind, stream, expectedVersionOf(options));
    if (outcome.kind !== 'appended') throw failureOf(stream, outcome);
    return responseOf(String(outcome.position));
  };
  return (call, reply) => void run(call).then((response) => reply(null, response), reply);
}
