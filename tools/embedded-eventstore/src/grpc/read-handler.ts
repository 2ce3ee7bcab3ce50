import type { handleServerStreamingCall, ServerWritableStream } from '@grpc/grpc-js';
import type { AccessControl } from '../access/access-control';
import { ALL_STREAM } from '../access/stream-acl';
import type { Faults } from '../faults/faults';
import { accessDenied, CallFailure, innerError } from '../protocol/call-failure';
import type { streams } from '../protocol/messages';
import { presentationFor } from '../reads/event-presentation';
import { runFiniteRead, type ReadSide } from '../reads/finite-read';
import { parseReadRequest } from '../reads/read-request';
import { ReadSink } from '../reads/read-sink';
import {
  AllSubscriptionSource,
  StreamSubscriptionSource,
  SubscriptionPump,
  WakeUp,
  type CommitSignal,
} from '../reads/subscription';

export interface ReadContext {
  readonly side: ReadSide;
  readonly commits: CommitSignal;
  readonly faults: Faults;
  readonly access: AccessControl;
}

type ReadCall = ServerWritableStream<streams.ReadReq, Uint8Array>;

export function handleRead(
  context: ReadContext,
): handleServerStreamingCall<streams.ReadReq, Uint8Array> {
  return (call) => {
    const sink = new ReadSink(call);
    read(context, call, sink).catch((error: unknown) => {
      sink.fail(error instanceof CallFailure ? error : innerError());
    });
  };
}

async function read(
  { side, commits, faults, access }: ReadContext,
  { request, metadata }: ReadCall,
  sink: ReadSink,
): Promise<void> {
  await faults.awake();
  const refusal = faults.refusal();
  if (refusal) throw refusal;
  const caller = access.identify(metadata);
  const plan = parseReadRequest(request);
  const { target, filter } = plan;
  const name = target.kind === 'all' ? ALL_STREAM : target.stream;
  if (!caller.may('read', name)) throw accessDenied();
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
      ? new AllSubscriptionSource(side, present, filter, target.start)
      : new StreamSubscriptionSource(side, present, target.stream, target.start);
  await new SubscriptionPump(source, sink, wakeUp, faults).run();
}
