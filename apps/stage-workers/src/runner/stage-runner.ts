import type { DeliveryOutcome, EventDelivery } from '@uplift/bus';
import type { Logger, Randomness, RepeatedLines } from '@uplift/runtime';
import { errorMessage, redactText } from '@uplift/runtime';
import { DefectCounts, isWorthALine, retryDelayMs, triageOf } from './failure-triage';
import type { Handling, Worker } from './instance-session';
import { InstanceSession } from './instance-session';
import type { LagoonOutages } from './lagoon-outages';
import type { SetAsideMessages } from './set-aside-messages';
import type { StageHandler } from './stage-handler.port';

export interface StageRunnerPorts {
  readonly worker: Worker;
  readonly outages: LagoonOutages;
  readonly setAside: SetAsideMessages;
  readonly logger: Logger;
  readonly lines: RepeatedLines;
  readonly randomness: Randomness;
  /** Throws StoreDivergedError while the store lacks what the bus has: what it says is then no reason to let go. */
  readonly assertSameStore?: () => Promise<void>;
}

/** A message whose handling ends in a defect this often is set aside, as an event. */
const DEFECTS_BEFORE_PARKING = 5;
const LONGEST_DETAIL = 200;

/** The loop all stages share: open the instance, run the stage, turn its end into an answer for the bus. */
export class StageRunner {
  private readonly defects = new DefectCounts();
  /** Of the newest message: on a bus that is filled anew others may have gone on long ago. */
  private epoch = '';

  constructor(private readonly ports: StageRunnerPorts) {}

  async handle(handler: StageHandler, delivery: EventDelivery): Promise<DeliveryOutcome> {
    if (isOfAnotherStage(handler, delivery)) return { kind: 'done' };
    if (delivery.epoch !== this.epoch) this.ports.worker.ends.clear();
    this.epoch = delivery.epoch;
    try {
      const onNews = (news: InstanceSession) => this.ports.outages.endWaitIfBack(news);
      const session = await this.open(delivery, { onNews });
      if (session !== null) await this.work(handler, session, delivery);
      await this.ports.assertSameStore?.();
      this.defects.forget(handlingOf(handler, delivery));
      return { kind: 'done' };
    } catch (error) {
      if (delivery.signal.aborted) return { kind: 'retry', delayMs: 0 };
      return this.answerTo(await this.explained(error, delivery), handler, delivery);
    }
  }

  /** What seems to be foreign may only be unknown to an older copy of the store. */
  private async explained(error: unknown, { deliveryCount }: EventDelivery): Promise<unknown> {
    if (triageOf(error, deliveryCount) !== 'foreign') return error;
    try {
      await this.ports.assertSameStore?.();
      return error;
    } catch (diverged) {
      return diverged;
    }
  }

  private async work(
    handler: StageHandler,
    session: InstanceSession,
    { signal }: EventDelivery,
  ): Promise<void> {
    try {
      await this.ports.outages.endWaitIfBack(session);
      await handler.run({ session, signal });
    } catch (error) {
      if (!signal.aborted) await this.tell(session, error, handler);
      throw error;
    } finally {
      session.end();
    }
  }

  /** What has begun is tried again after a while. */
  private async tell(session: InstanceSession, error: unknown, { stage }: StageHandler) {
    await this.ports.outages.tell(session, error, stage);
    await session.tellStart();
  }

  private async answerTo(
    error: unknown,
    handler: StageHandler,
    delivery: EventDelivery,
  ): Promise<DeliveryOutcome> {
    const { deliveryCount } = delivery;
    const triage = triageOf(error, deliveryCount);
    const fields = fieldsOf(handler, delivery);
    if (triage === 'foreign') {
      this.ports.setAside.record(error, fields);
      return { kind: 'rejected' };
    }
    if (isWorthALine(error, handler.stage, this.ports.lines)) {
      this.ports.logger.warn({ err: error, ...fields }, 'stage did not finish');
    }
    if (triage === 'outage') return this.retry(deliveryCount);
    const count = this.defects.add(handlingOf(handler, delivery));
    return count < DEFECTS_BEFORE_PARKING ? this.retry(count) : this.park(handler, delivery, error);
  }

  private retry(tries: number): DeliveryOutcome {
    return { kind: 'retry', delayMs: retryDelayMs(tries, this.ports.randomness) };
  }

  /** Every handling is a turn of its own: the delivery count starts anew on a bus filled again. */
  private open(
    { event, deliveryCount }: EventDelivery,
    hooks: Pick<Handling, 'onNews'> = {},
  ): Promise<InstanceSession | null> {
    const { worker, randomness } = this.ports;
    const isNew = deliveryCount === 1;
    return InstanceSession.open(worker, event, { turn: randomness.uuid(), isNew, ...hooks });
  }

  private async park(
    { stage }: StageHandler,
    delivery: EventDelivery,
    error: unknown,
  ): Promise<DeliveryOutcome> {
    const { id: eventId, type: eventType } = delivery.event;
    try {
      const session = await this.open(delivery);
      await this.ports.assertSameStore?.();
      if (session === null) return { kind: 'done' };
      const reason = error instanceof Error ? error.name : 'unknown';
      const detail = redactText(errorMessage(error)).slice(0, LONGEST_DETAIL);
      await session.reload();
      const data = { ...session.attempt, stage, eventId, reason, eventType, detail };
      await session.submit({ type: 'ParkStage', data });
      return { kind: 'rejected' };
    } catch (failure) {
      this.ports.logger.error({ err: failure, eventId }, 'stage could not be parked');
      return this.retry(delivery.deliveryCount);
    }
  }
}

/** An event that several stages are handed is for each of them a message of its own. */
function handlingOf({ stage }: StageHandler, { event }: EventDelivery): string {
  return `${stage}/${event.id}`;
}

const OFFERS = ['UpgradeRetried', 'StageRedriven'];

/** Every stage gets the events that offer work to one of them. */
function isOfAnotherStage({ stage }: StageHandler, { event }: EventDelivery): boolean {
  const { fromStage, stage: offeredTo = fromStage } = event.data as Record<string, unknown>;
  return OFFERS.includes(event.type) && offeredTo !== stage;
}

function fieldsOf({ stage }: StageHandler, { event, deliveryCount }: EventDelivery) {
  const { stream, revision, id: eventId } = event;
  return { stage, stream, revision, eventId, deliveryCount };
}
