import type { handleServerStreamingCall } from '@grpc/grpc-js';
import { CallFailure } from '../protocol/call-failure';
import type { streams } from '../protocol/messages';
import { presentationFor } from '../reads/event-presentation';
import { runFiniteRead, type ReadSide } from '../reads/finite-read';
import { parseReadRequest } from '../reads/read-request';
import { ReadSink } from '../reads/read-sink';
import {
  AllSubscriptionSource,
  runSubscription,
  StreamSubscriptionSource,
  WakeUp,
  type CommitSignal,
} from '../reads/subscription';

export function handleRead(
  side: ReadSide,
  commits: CommitSignal,
): handleServerStreamingCall<streams.ReadReq, Uint8Array> {
  return (call) => {
    const sink = new ReadSink(call);
    read(side, commits, call.request, sink).catch((error: unknown) => {
      if (error instanceof CallFailure) sink.fail(error);
      else call.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  };
}

async function read(
  side: ReadSide,
  commits: CommitSignal,
  request: streams.ReadReq,
  sink: ReadSink,
): Promise<void> {
  const plan = parseReadRequest(request);
  const { target, filter } = plan;
  const present = presentationFor(side.log, plan);
  if (plan.count !== undefined) return runFiniteRead(side, plan, sink, present);
  const wakeUp = new WakeUp();
  const stream = target.kind === 'stream' ? target.stream : undefined;
  const stopListening = commits.onCommit(stream, wakeUp.call);
  sink.onClosed(() => {
    stopListening();
    wakeUp.call();
  });
  const source =
    target.kind === 'all'
      ? new AllSubscriptionSource(side.log, present, filter, target.start)
      : new StreamSubscriptionSource(side, present, target.stream, target.start);
  await runSubscription(source, sink, wakeUp);
}
