import type { EventPublisher, PublishFailedError, PublishRun } from '@uplift/bus';
import { encodeEvent, type RelayProof, type StoredEvent } from '@uplift/contracts';
import type { AllEventsBatch, EventStore } from '@uplift/event-store';
import type { RelayStatus } from './relay-status';
import { findResumePoint, type ResumePoint } from './resume-point';

export interface PassContext {
  readonly store: EventStore;
  readonly publisher: EventPublisher;
  readonly status: RelayStatus;
}

/** How a pass ended: by a publish that was not accepted, or because it was told to. */
export interface PassEnd {
  readonly failure?: PublishFailedError;
  /** Sequence of the last message known to be on the bus. */
  readonly sequence: number;
}

/** From the last message on the bus to the first publish that is not accepted: every event, in store order. */
export class RelayPass {
  private proof: RelayProof;

  private constructor(
    private readonly context: PassContext,
    private readonly point: ResumePoint,
    private readonly run: PublishRun,
  ) {
    this.proof = point.proof;
  }

  static async run(context: PassContext, signal: AbortSignal): Promise<PassEnd> {
    const point = await findResumePoint(context.publisher, context.store);
    const run = context.publisher.startAfter(point.sequence);
    context.status.beginRun(run, point.proof.ordinal);
    try {
      return await new RelayPass(context, point, run).relay(signal);
    } finally {
      context.status.endRun();
      run.close();
    }
  }

  private async relay(signal: AbortSignal): Promise<PassEnd> {
    const { after } = this.point;
    const ended = AbortSignal.any([signal, this.run.signal]);
    const options = after === undefined ? { signal: ended } : { after, signal: ended };
    for await (const batch of this.context.store.subscribeToAll(options)) {
      await this.publishAll(batch, ended);
      if (ended.aborted) break;
    }
    await this.run.settled();
    const { failure, confirmedSequence: sequence } = this.run;
    return failure ? { failure, sequence } : { sequence };
  }

  private async publishAll({ events, caughtUp }: AllEventsBatch, ended: AbortSignal) {
    const { status } = this.context;
    let remaining = events.length;
    for (const event of events) {
      if (this.run.isFull) await this.run.room();
      if (ended.aborted) return;
      this.publish(event);
      // Two relays may both meet an empty stream, each with an epoch of its own: the first message decides.
      // No other publish is awaited: messages of one batch leave in few writes to the socket.
      if (this.proof.ordinal === 1) await this.run.settled();
      remaining -= 1;
      status.holding(remaining, event.recordedAt);
    }
    status.caughtUp = caughtUp;
  }

  private publish(event: StoredEvent): void {
    const { ordinal, epoch } = this.proof;
    this.proof = { ordinal: ordinal + 1, epoch };
    this.run.publish(encodeEvent(event, this.proof), event.recordedAt);
  }
}
