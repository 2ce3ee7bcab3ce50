import { isDeepStrictEqual } from 'node:util';
import type { MessageOnBus } from '@uplift/bus';
import type { StoredEvent } from '@uplift/contracts';
import { encodeEvent } from '@uplift/contracts';
import type { FindingKind } from '@uplift/domain';
import type { AllEventsPage } from '@uplift/event-store';
import { placeInStore, type EventPlace } from '@uplift/event-store';
import type { AuditedParts, BusPlace, AuditedMessage } from './bus-epoch';
import { findPlace, relayed } from './bus-epoch';
import type { Hole, ReadPage } from './due-events';
import { DueEvents } from './due-events';
import type { Tally } from './tally';
import { shown } from './tally';

export interface BusAuditPorts extends AuditedParts {
  readonly readPage: ReadPage;
}

/** Messages asked for at once, and in one look: as many as there are events on a page of the store. */
const AT_ONCE = 64;
const AT_ONE_LOOK = 256;

/**
 * Holds every message of the bus against the store: message k of an epoch is event k. What the relay has not published
 * yet is missing only once a later event is there.
 */
export class BusAudit {
  private isBegun = false;
  private epoch: string | null = null;
  /** The last message looked at. */
  private sequence = 0;
  /** Of the last message that was the relay's. */
  private ordinal = 0;
  private due: DueEvents;
  /** Messages in a row whose events the store has lost. */
  private lost = 0;

  constructor(
    private readonly ports: BusAuditPorts,
    private readonly tally: Tally,
    /** So many of the newest messages; absent: the whole epoch. */
    private readonly newest?: number,
  ) {
    this.due = this.eventsBehind(null);
  }

  /** Position in the store behind which it begins. */
  async begin(): Promise<bigint | null> {
    const last = await this.ports.bus.lastSequence();
    return this.goTo(await findPlace(this.ports, last, this.newest));
  }

  /** Looks at the next messages; true when the bus had no more. */
  async look(): Promise<boolean> {
    const last = await this.ports.bus.lastSequence();
    // A bus with fewer messages than before is another one.
    if (!this.isBegun || last < this.sequence) await this.begin();
    const end = Math.min(last, this.sequence + AT_ONE_LOOK);
    while (this.sequence < end) {
      if (!(await this.takeNext(last))) return false;
    }
    return this.sequence >= last;
  }

  /** False if the bus was filled anew, so that this audit has to go on from another place. */
  private async takeNext(last: number): Promise<boolean> {
    for (const { sequence, message } of await this.slots(last)) {
      if (message && !(await this.take(message))) return false;
      this.sequence = sequence;
    }
    return true;
  }

  private goTo({ epoch, sequence, ordinal, after }: BusPlace): bigint | null {
    this.isBegun = true;
    this.sequence = sequence;
    this.enter(epoch, ordinal, after);
    return after;
  }

  private enter(epoch: string | null, ordinal: number, after: bigint | null): void {
    this.epoch = epoch;
    this.ordinal = ordinal;
    this.due = this.eventsBehind(after);
    this.lost = 0;
  }

  private eventsBehind(after: bigint | null): DueEvents {
    return new DueEvents(this.ports.store, this.ports.readPage, after);
  }

  private async slots(last: number): Promise<readonly Slot[]> {
    const { bus } = this.ports;
    const first = this.sequence + 1;
    const count = Math.min(AT_ONCE, last - this.sequence);
    const sequences = Array.from({ length: count }, (_, n) => first + n);
    const messages = await Promise.all(sequences.map((sequence) => bus.messageAt(sequence)));
    const slots = sequences.map((sequence, n) => ({ sequence, message: messages[n] ?? null }));
    if (slots.some(({ message }) => message)) return slots;
    const next = await bus.messageFrom(first + count);
    return [{ sequence: next ? next.sequence - 1 : last, message: null }];
  }

  private async take(message: MessageOnBus): Promise<boolean> {
    this.ports.onStep();
    const read = relayed(message);
    if (typeof read === 'string') return this.isForged(message, read);
    if (read.proof.epoch !== this.epoch && !(await this.isEpochBegun(read))) {
      if (await this.isFilledAnew(read)) return false;
      return this.isForged(message, `Its epoch ${read.proof.epoch} is not the relay's`);
    }
    const event = await this.due.until(read.event);
    if (event === null) return this.takeStranger(message, read);
    this.compare(message, read, event);
    return true;
  }

  /** The relay begins an epoch with the first event of the store. */
  private async isEpochBegun({ proof, event }: AuditedMessage): Promise<boolean> {
    if (proof.ordinal !== 1) return false;
    const first = await this.firstEvent();
    if (first?.id !== event.id || first.position !== event.position) return false;
    this.enter(proof.epoch, 0, null);
    return true;
  }

  private async firstEvent(): Promise<StoredEvent | undefined> {
    for (let after: bigint | null = null; ;) {
      const page: AllEventsPage = await this.ports.readPage(after);
      if (page.events.length > 0 || page.isEnd) return page.events[0];
      after = page.upTo;
    }
  }

  private async isFilledAnew({ proof }: AuditedMessage): Promise<boolean> {
    const place = await findPlace(this.ports, await this.ports.bus.lastSequence());
    if (place.epoch !== proof.epoch) return false;
    this.goTo(place);
    return true;
  }

  private compare(message: MessageOnBus, read: AuditedMessage, due: StoredEvent): void {
    const { hole } = this.due;
    const missing = hole?.count ?? 0;
    if (hole) this.tellMissing(hole, message.sequence);
    const isInOrder = read.proof.ordinal === this.ordinal + 1 + missing;
    const differing = [...differences(message, read, due), ...(isInOrder ? [] : ['ordinal'])];
    if (differing.length > 0) {
      const parts = differing.join(', ');
      const detail = `A message differs from the event that it carries, in: ${parts}`;
      this.tell('bus-differs', message, detail, { eventId: due.id, stream: due.stream });
    }
    this.due.take();
    this.lost = 0;
    this.ordinal = read.proof.ordinal;
  }

  private tellMissing({ first, last, count }: Hole, before: number): void {
    this.tally.add({
      kind: 'missing-message',
      subject: `${this.epoch}/ordinal ${this.ordinal + 1}`,
      detail: `${count} events of the store have no message before message ${before}`,
      evidence: {
        ...{ count, before, firstEventId: first.id, firstStream: first.stream },
        ...{ firstPosition: first.position.toString(), lastPosition: last.position.toString() },
      },
      count,
    });
  }

  /** A message that carries no event that is due: lost by the store, or made up. */
  private async takeStranger(message: MessageOnBus, read: AuditedMessage): Promise<boolean> {
    const { event, proof } = read;
    const place = await placeInStore(this.ports.store, event);
    if (place === 'stored') return this.isForged(message, 'Its event has a message already');
    const due = this.ordinal + 1 + (this.due.hole?.count ?? 0) + this.lost;
    const isNext = proof.epoch === this.epoch && proof.ordinal === due;
    if (!isNext || this.isMadeUp(place))
      return this.isForged(message, 'The store does not have its event');
    this.lost += 1;
    if (place === 'gone') return true;
    this.tally.add({
      kind: 'store-diverged',
      subject: proof.epoch,
      detail: 'The relay has published events that the store does not have',
      evidence: { sequence: message.sequence, eventId: event.id, stream: event.stream },
    });
    return true;
  }

  /** Behind events that the store lost, what follows from them cannot be told from what is made up. */
  private isMadeUp(place: EventPlace): boolean {
    return place === 'changed' || (place === 'forged' && this.lost === 0);
  }

  private isForged(message: MessageOnBus, why: string): true {
    this.tell('forged-message', message, `A message on the bus is not the relay's: ${why}`, {});
    return true;
  }

  private tell(kind: FindingKind, message: MessageOnBus, detail: string, more: object): void {
    const { sequence, subject } = message;
    const about = `${this.epoch ?? 'no epoch'}/message ${sequence}`;
    const evidence = { sequence, subject: shown(subject), ...more };
    this.tally.add({ kind, subject: about, detail, evidence });
  }
}

interface Slot {
  readonly sequence: number;
  readonly message: MessageOnBus | null;
}

/** In which parts the message differs from what the relay makes of the event. */
function differences(message: MessageOnBus, read: AuditedMessage, due: StoredEvent): string[] {
  const parts = new Set([...Object.keys(due), ...Object.keys(read.event)]) as Set<
    keyof StoredEvent
  >;
  if (read.bodyFault !== undefined) parts.delete('data');
  return [
    ...[...parts].filter((part) => !isDeepStrictEqual(read.event[part], due[part])),
    ...(read.bodyFault === undefined ? [] : ['data']),
    ...(message.subject === encodeEvent(due, read.proof).subject ? [] : ['subject']),
  ];
}
