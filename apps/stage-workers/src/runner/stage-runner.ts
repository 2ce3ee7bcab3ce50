import type { DeliveryOutcome, EventDelivery } from '@uplift/bus';
import type { Logger } from '@uplift/runtime';
import { InstanceCursor } from './instance-cursor';
import type { StageHandler } from './stage-handler.port';
import { retryDelayMs, triageOf } from './failure-triage';
import type { WorkerIdentity } from './worker-identity';

/** A message that fails this often without an outage to blame is set aside, as an event. */
const DELIVERIES_BEFORE_PARKING = 5;

/** The loop all stages share: open the instance, run the stage, turn its end into an answer for the bus. */
export class StageRunner {
  constructor(
    private readonly worker: WorkerIdentity,
    private readonly logger: Logger,
  ) {}

  async handle(handler: StageHandler, delivery: EventDelivery): Promise<DeliveryOutcome> {
    const { event, deliveryCount, signal } = delivery;
    try {
      const cursor = this.open(delivery);
      await handler.run({ cursor, isRedelivery: deliveryCount > 1, signal });
      return { kind: 'done' };
    } catch (error) {
      if (signal.aborted) return { kind: 'retry', delayMs: 0 };
      const triage = triageOf(error);
      const { stream, revision, id: eventId } = event;
      const fields = { err: error, stage: handler.stage, stream, revision, eventId, deliveryCount };
      this.logger.warn(fields, 'stage did not finish');
      return triage === 'defect' && deliveryCount >= DELIVERIES_BEFORE_PARKING
        ? this.park(handler, delivery, error)
        : { kind: 'retry', delayMs: retryDelayMs(deliveryCount) };
    }
  }

  private open({ event, deliveryCount }: EventDelivery): InstanceCursor {
    const { workerId, history, actor } = this.worker;
    return new InstanceCursor(history, event, `${workerId}/${deliveryCount}`, actor);
  }

  private async park(
    { stage }: StageHandler,
    delivery: EventDelivery,
    error: unknown,
  ): Promise<DeliveryOutcome> {
    const { id: eventId } = delivery.event;
    try {
      const cursor = this.open(delivery);
      const { upgradeId, attempt } = cursor.workOrder;
      const reason = error instanceof Error ? error.name : 'unknown';
      await cursor.reload();
      await cursor.submit({
        type: 'ParkStage',
        data: { upgradeId, attempt, stage, eventId, reason },
      });
      return { kind: 'rejected' };
    } catch (failure) {
      this.logger.error({ err: failure, eventId }, 'stage could not be parked');
      return { kind: 'retry', delayMs: retryDelayMs(delivery.deliveryCount) };
    }
  }
}
