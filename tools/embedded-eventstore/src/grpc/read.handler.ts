import type { ServerWritableStream } from '@grpc/grpc-js';
import { AllSubscriptionSource } from '../reading/all-subscription.source';
import type { CommitSignal } from '../reading/commit-signal';
import { presentationFor } from '../reading/event-presentation';
import { runFiniteRead } from '../reading/finite-read';
import type { ReadPlan } from '../reading/read-plan';
import type { ReadSide } from '../reading/read-side';
import { ReadSink } from '../reading/read-sink';
import { StreamSubscriptionSource } from '../reading/stream-subscription.source';
import { runSubscription } from '../reading/subscription';
import { WakeUp } from '../reading/wake-up';
import { CallFailure } from '../wire/call-failure';
import type { streams } from '../wire/generated';
import { parseReadRequest } from '../wire/read-request';

type ReadCall = ServerWritableStream<streams.ReadReq, Uint8Array>;

export class ReadHandler {
  constructor(
    private readonly side: ReadSide,
    private readonly commits: CommitSignal,
  ) {}

  handle(call: ReadCall): void {
    const sink = new ReadSink(call);
    this.run(call.request, sink).catch((error: unknown) => {
      if (error instanceof CallFailure) sink.fail(error);
      else call.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  }

  private async run(request: streams.ReadReq, sink: ReadSink): Promise<void> {
    const plan = parseReadRequest(request);
    if (plan.count === undefined) await this.subscribe(plan, sink);
    else await runFiniteRead(this.side, plan, sink, presentationFor(this.side.log, plan));
  }

  private async subscribe(plan: ReadPlan, sink: ReadSink): Promise<void> {
    const { target } = plan;
    const wakeUp = new WakeUp();
    const stream = target.kind === 'stream' ? target.stream : undefined;
    const stopListening = this.commits.onCommit(stream, wakeUp.call);
    sink.onClosed(() => {
      stopListening();
      wakeUp.call();
    });
    await runSubscription(this.sourceOf(plan), sink, wakeUp);
  }

  private sourceOf(plan: ReadPlan): AllSubscriptionSource | StreamSubscriptionSource {
    const { target, filter } = plan;
    const present = presentationFor(this.side.log, plan);
    return target.kind === 'all'
      ? new AllSubscriptionSource(this.side.log, present, filter, target.start)
      : new StreamSubscriptionSource(this.side, present, target.stream, target.start);
  }
}
