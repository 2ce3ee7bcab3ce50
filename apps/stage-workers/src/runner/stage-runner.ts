import type { DeliveryOutcome, DurableName, EventDelivery, Held } from '@uplift/bus';
import type { StoredEvent } from '@uplift/contracts';
import type { Transition } from '@uplift/domain';
import { durablesOf, LIFECYCLE_ROWS } from '@uplift/domain';
import type { Logger, Randomness, RepeatedLines, Tracing } from '@uplift/runtime';
import { errorKind, errorMessage, redactText } from '@uplift/runtime';
import { DefectCounts, isWorthALine, retryDelayMs, triageOf } from './failure-triage';
import type { MessageReference } from './held-message';
import type { Handling, Worker } from './instance-session';
import { InstanceSession } from './instance-session';
import type { LagoonOutages } from './lagoon-outages';
import { isOutage } from './lagoon-outages';
import type { SetAsideMessages } from './set-aside-messages';
import type { OngoingWork, Reopenable, StageHandler } from './stage-handler.port';
import { followedSpan, stageSpan } from './stage-span';

export interface StageRunnerPorts {
  readonly worker: Worker;
  readonly outages: LagoonOutages;
  readonly setAside: SetAsideMessages;
  readonly logger: Logger;
  readonly lines: RepeatedLines;
  readonly randomness: Randomness;
  /** Throws StoreDivergedError while the store lacks what the bus has: what it says is then no reason to let go. */
  readonly assertSameStore?: () => Promise<void>;
  /** Hands what has opened another stage to that, if it is in this process; else, or later, its message does. */
  readonly handOver?: HandOver;
}

/** @param epoch which filling of the bus the message of the event will be of */
export type HandOver = (durable: DurableName, event: StoredEvent, epoch: string) => void;

/** A message whose handling ends in a defect this often is set aside, as an event. */
const DEFECTS_BEFORE_PARKING = 5;
const LONGEST_DETAIL = 200;

/** The loop all stages share: open the instance, run the stage, turn its end into an answer for the bus. */
export class StageRunner {
  private readonly defects = new DefectCounts();
  /** Of the newest message: on a bus that is filled anew others may have gone on long ago. */
  private epoch = '';

  private readonly onNews: Handling['onNews'] & {};

  constructor(private readonly ports: StageRunnerPorts) {
    this.onNews = (session) => ports.outages.endWaitIfBack(session);
  }

  async handle(handler: StageHandler, delivery: EventDelivery): Promise<DeliveryOutcome | Held> {
    if (isOfAnotherStage(handler, delivery)) return { kind: 'done' };
    this.noteEpoch(delivery);
    if (delivery.isDone || !this.tracing.isOn) return this.settle(handler, delivery);
    return this.tracing.trace(stageSpan(handler, delivery), async (span) => {
      const outcome = await this.settle(handler, delivery);
      span.set({ 'uplift.outcome': outcome.kind });
      return outcome;
    });
  }

  private get tracing(): Tracing {
    return this.ports.worker.tracing;
  }

  private async settle(
    handler: StageHandler,
    delivery: EventDelivery,
  ): Promise<DeliveryOutcome | Held> {
    try {
      const goesOn = delivery.isDone ? null : await this.work(handler, delivery);
      return goesOn ?? (await this.done(handler, delivery));
    } catch (error) {
      if (delivery.signal.aborted) return { kind: 'retry', delayMs: 0 };
      const open = () => this.open(delivery, this.handling(delivery));
      return this.answerTo(await this.explained(error, delivery), handler, { ...delivery, open });
    }
  }

  /** What was handed over may have been so before the bus was filled anew. */
  private noteEpoch({ epoch, isAhead }: EventDelivery): void {
    if (isAhead || epoch === this.epoch) return;
    this.ports.worker.ends.clear();
    this.epoch = epoch;
  }

  private async done(handler: StageHandler, message: HandledMessage): Promise<DeliveryOutcome> {
    await this.ports.assertSameStore?.();
    this.defects.forget(handlingOf(handler, message));
    this.handOver(message);
    return { kind: 'done' };
  }

  private handOver({ event: { stream, revision } }: HandledMessage): void {
    const { worker, handOver } = this.ports;
    const last = worker.ends.own(stream);
    if (handOver === undefined || last === null || last.revision <= revision) return;
    // What the other stage does, now and later, is no part of this one's trace.
    this.tracing.within({}, () => {
      for (const durable of openedBy(last)) handOver(durable, last, this.epoch);
    });
  }

  /** What becomes of a message whose work went on after its handling. */
  private endOf(handler: StageHandler, message: HandledMessage): EndOfWork {
    const { clock } = this.ports.worker;
    const since = clock.monotonic();
    const inTrace = this.inTrace();
    return (error) =>
      inTrace(async () => {
        const outcome = await this.settleLater(handler, message, error);
        const span = followedSpan(handler, outcome);
        this.tracing.note(span, clock.monotonic() - since);
        return outcome;
      });
  }

  private async settleLater(handler: StageHandler, message: HandledMessage, error?: Error) {
    try {
      if (error === undefined) return await this.done(handler, message);
      if (isOutage(error)) await this.tellLater(message.event, error, handler);
      throw error;
    } catch (reason) {
      const open = () => this.reopen(message.event);
      const explained = await this.explained(reason, message);
      return this.answerTo(explained, handler, { ...message, open });
    }
  }

  /** What goes on after its handling belongs to the same trace; no more of that is kept. */
  private inTrace(): <Result>(work: () => Result) => Result {
    const { tracing } = this;
    const context = { traceparent: tracing.active?.traceparent };
    return (work) => tracing.within(context, work);
  }

  private async tellLater(message: MessageReference, error: unknown, { stage }: StageHandler) {
    await this.ports.outages.tell(await this.reopen(message), error, stage);
  }

  /** What seems to be foreign may only be unknown to an older copy of the store. */
  private async explained(error: unknown, { deliveryCount }: HandledMessage): Promise<unknown> {
    if (triageOf(error, deliveryCount) !== 'foreign') return error;
    try {
      await this.ports.assertSameStore?.();
      return error;
    } catch (diverged) {
      return diverged;
    }
  }

  /** Null if nothing goes on. */
  private async work(handler: StageHandler, delivery: EventDelivery): Promise<HeldWork | null> {
    const session = await this.open(delivery, { ...this.handling(delivery), onNews: this.onNews });
    if (session === null) return null;
    const { signal, deliveryCount } = delivery;
    const event = referenceTo(session.message);
    const message = this.reopenable(event);
    try {
      await this.ports.outages.endWaitIfBack(session);
      const ongoing = await handler.run({ session, signal, message });
      return ongoing ? new HeldWork(ongoing, this.endOf(handler, { event, deliveryCount })) : null;
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

  private reopenable(message: MessageReference): Reopenable {
    const inTrace = this.inTrace();
    return { reopen: () => inTrace(() => this.reopen(message, this.onNews)) };
  }

  private async answerTo(
    error: unknown,
    handler: StageHandler,
    message: OpenableMessage,
  ): Promise<DeliveryOutcome> {
    const { deliveryCount } = message;
    const triage = triageOf(error, deliveryCount);
    this.tracing.active?.fail(errorKind(error));
    const fields = fieldsOf(handler, message);
    if (triage === 'foreign') {
      this.ports.setAside.record(error, fields);
      return { kind: 'rejected' };
    }
    if (isWorthALine(error, handler.stage, this.ports.lines)) {
      this.ports.logger.warn({ err: error, ...fields }, 'stage did not finish');
    }
    if (triage === 'outage') return this.retry(deliveryCount);
    const count = this.defects.add(handlingOf(handler, message));
    return count < DEFECTS_BEFORE_PARKING ? this.retry(count) : this.park(handler, message, error);
  }

  private retry(tries: number): DeliveryOutcome {
    return { kind: 'retry', delayMs: retryDelayMs(tries, this.ports.randomness) };
  }

  private open({ event }: EventDelivery, handling: Handling): Promise<InstanceSession | null> {
    return InstanceSession.open(this.ports.worker, event, handling);
  }

  private reopen(message: MessageReference, onNews?: Handling['onNews']): Promise<InstanceSession> {
    const handling = { ...this.handling(), ...(onNews && { onNews }) };
    return InstanceSession.reopen(this.ports.worker, message, handling);
  }

  /** Every handling is a turn of its own: the delivery count starts anew on a bus filled again. */
  private handling({ deliveryCount, isAhead }: Handed = AGAIN): Handling {
    const turn = this.ports.randomness.uuid();
    const traceparent = this.tracing.active?.traceparent;
    return { turn, isNew: deliveryCount === 1, isAhead: isAhead === true, traceparent };
  }

  private async park(
    { stage }: StageHandler,
    { open, event: { id: eventId }, deliveryCount }: OpenableMessage,
    error: unknown,
  ): Promise<DeliveryOutcome> {
    try {
      const session = await open();
      await this.ports.assertSameStore?.();
      if (session === null) return { kind: 'done' };
      const reason = error instanceof Error ? error.name : 'unknown';
      const detail = redactText(errorMessage(error)).slice(0, LONGEST_DETAIL);
      await session.reload();
      const { type: eventType } = session.message;
      const data = { ...session.attempt, stage, eventId, reason, eventType, detail };
      await session.submit({ type: 'ParkStage', data });
      return { kind: 'rejected' };
    } catch (failure) {
      this.ports.logger.error({ err: failure, eventId }, 'stage could not be parked');
      return this.retry(deliveryCount);
    }
  }
}

/** What is needed of a message once its stage has run. */
interface HandledMessage {
  readonly event: MessageReference;
  readonly deliveryCount: number;
}

interface OpenableMessage extends HandledMessage {
  readonly open: () => Promise<InstanceSession | null>;
}

function referenceTo({ id, stream, revision }: StoredEvent): MessageReference {
  return { id, stream, revision };
}

type Handed = Pick<EventDelivery, 'deliveryCount' | 'isAhead'>;

const AGAIN: Handed = { deliveryCount: 2 };

type EndOfWork = (error?: Error) => Promise<DeliveryOutcome>;

class HeldWork implements Held {
  readonly kind = 'held';

  constructor(
    private readonly work: OngoingWork,
    private readonly endOf: EndOfWork,
  ) {}

  begin(settle: (outcome: DeliveryOutcome) => void): void {
    this.work.begin((error) => void this.endOf(error).then(settle));
  }

  drop(): void {
    this.work.drop();
  }
}

/** An event that several stages are handed is for each of them a message of its own. */
function handlingOf({ stage }: StageHandler, { event }: HandledMessage): string {
  return `${stage}/${event.id}`;
}

const ROWS: ReadonlyMap<string, Transition> = new Map(LIFECYCLE_ROWS);

/** The consumers of an event that opens a stage, and of no other event. */
function openedBy({ type, data }: StoredEvent): readonly DurableName[] {
  const row = ROWS.get(type);
  return row !== undefined && 'workOrder' in data ? durablesOf(row) : [];
}

const OFFERS = ['UpgradeRetried', 'StageRedriven'];

/** Every stage gets the events that offer work to one of them. */
function isOfAnotherStage({ stage }: StageHandler, { event }: EventDelivery): boolean {
  const { fromStage, stage: offeredTo = fromStage } = event.data as Record<string, unknown>;
  return OFFERS.includes(event.type) && offeredTo !== stage;
}

function fieldsOf({ stage }: StageHandler, { event, deliveryCount }: HandledMessage) {
  const { stream, revision, id: eventId } = event;
  return { stage, stream, revision, eventId, deliveryCount };
}
