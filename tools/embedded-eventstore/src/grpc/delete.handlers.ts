import type { handleUnaryCall } from '@grpc/grpc-js';
import { failureOf, invalidArgument } from '../wire/call-failure';
import { expectedVersionOf } from '../wire/expected-version';
import { streams } from '../wire/generated';
import { streamNameOf } from '../wire/stream-identifier';
import type { DeleteKind } from '../writing/delete-check';
import type { WriteService } from './write-service';

type Options = streams.DeleteReq.Options | streams.TombstoneReq.Options | undefined;

export function handleDelete(
  writes: WriteService,
): handleUnaryCall<streams.DeleteReq, streams.DeleteResp> {
  return (call, reply) => {
    run(writes, 'soft', call.request.getOptions()).then((position) => {
      const at = new streams.DeleteResp.Position();
      at.setCommitPosition(position).setPreparePosition(position);
      reply(null, new streams.DeleteResp().setPosition(at));
    }, reply);
  };
}

export function handleTombstone(
  writes: WriteService,
): handleUnaryCall<streams.TombstoneReq, streams.TombstoneResp> {
  return (call, reply) => {
    run(writes, 'tombstone', call.request.getOptions()).then((position) => {
      const at = new streams.TombstoneResp.Position();
      at.setCommitPosition(position).setPreparePosition(position);
      reply(null, new streams.TombstoneResp().setPosition(at));
    }, reply);
  };
}

async function run(writes: WriteService, kind: DeleteKind, options: Options): Promise<string> {
  const stream = streamNameOf(options?.getStreamIdentifier());
  if (stream === '') throw invalidArgument('the call names no stream');
  const outcome = await writes.delete(kind, stream, expectedVersionOf(options));
  if (outcome.kind !== 'appended') throw failureOf(stream, outcome);
  return String(outcome.position);
}
