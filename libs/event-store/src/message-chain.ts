import { DECISIONS_STREAM } from '@uplift/contracts';
import { decisionsDecider, type DecisionsState } from '@uplift/domain';
import { StreamGoneError, type EventStore } from './event-store.port';
import { BackwardReader, type MessageLog } from './message-log';
import {
  continues,
  readAsRelayed,
  sequenceBefore,
  type MessageOfRelay,
  type RelayedMessage,
} from './relayed-message';
import type { StartInStore, StoreOrder } from './store-order';
import { StreamHistory, UnreadableHistoryError } from './stream-history';

/** Messages that continue each other's numbers, oldest first. */
export interface Chain {
  readonly messages: readonly MessageOfRelay[];
  /** Null: the oldest of them continues nothing. */
  readonly start: StartInStore | null;
}

/** How many of the relay's messages are missing behind the newest one before a hole; null: all there were. */
interface Hole {
  readonly before: RelayedMessage | null;
  readonly lost: number;
}

export interface ChainParts {
  readonly log: MessageLog;
  readonly store: EventStore;
  readonly order: StoreOrder;
  readonly onStep: () => void;
  /** False: behind a hole, an event that the store has anywhere is enough. */
  readonly exact: boolean;
  /** The newest message of the relay up to a sequence. */
  readonly relayedUpTo: (sequence: number) => Promise<RelayedMessage | null>;
}

const FIRST_OF_ALL: StartInStore = { after: null, lost: 0 };

/**
 * What a message continues: the number before it, in the message before it. Where that is gone, as many of the relay's
 * messages are taken for lost as the numbers say; they have to fit into the hole, and the events of the store between.
 */
export class MessageChains {
  private decisions: Promise<DecisionsState> | undefined;

  constructor(private readonly parts: ChainParts) {}

  /** Why it does not continue the message before it; null if it does, or is the first of an epoch. */
  async faultOfNumber(message: MessageOfRelay): Promise<string | null> {
    if (message.proof.ordinal === 1) return null;
    this.parts.onStep();
    const logged = await this.parts.log.messageAt(sequenceBefore(message));
    if (logged === null) {
      const hole = await this.holeBefore(message);
      return typeof hole === 'string' ? hole : null;
    }
    const before = readAsRelayed(logged);
    if (typeof before === 'string') return `it continues no epoch: ${before}`;
    return continues(message, before) ? null : 'it does not continue the numbers before it';
  }

  /** So many messages and one more, and then back to one that the store has; or to a hole, a break or a beginning. */
  async behind(newest: MessageOfRelay, most: number): Promise<Chain> {
    const { log, order, onStep } = this.parts;
    const reader = new BackwardReader(log);
    const messages = [newest];
    let oldest = newest;
    while (oldest.proof.ordinal > 1) {
      onStep();
      if (messages.length > most && (await order.isPlace(oldest))) return anchored(messages);
      const logged = await reader.at(sequenceBefore(oldest));
      if (logged === null) return this.behindHole(oldest, messages);
      const before = readAsRelayed(logged);
      if (typeof before === 'string' || !continues(oldest, before))
        return { messages, start: null };
      messages.unshift(before);
      oldest = before;
    }
    return { messages, start: (await this.mayBegin(oldest)) ? FIRST_OF_ALL : null };
  }

  private async behindHole(
    oldest: MessageOfRelay,
    messages: readonly MessageOfRelay[],
  ): Promise<Chain> {
    const { exact, order } = this.parts;
    const hole = await this.holeBefore(oldest);
    if (typeof hole === 'string') return { messages, start: null };
    if (!exact && (await order.isPlace(oldest))) return anchored(messages);
    return { messages, start: startBehind(hole, oldest) };
  }

  /** In words why the message cannot stand behind one. */
  private async holeBefore(message: MessageOfRelay): Promise<Hole | string> {
    const before = await this.parts.relayedUpTo(message.sequence - 1);
    const room = sequenceBefore(message) - (before?.message.sequence ?? 0);
    if (room < 0) return 'its gap is over messages of the relay';
    const counted = countedUpTo(before, message);
    if (counted === 0 && !(await this.mayBegin(message))) return 'its epoch began nowhere';
    const lost = message.proof.ordinal - 1 - counted;
    return lost >= 0 && lost <= room ? { before, lost } : 'its number does not fit into the hole';
  }

  /** An epoch begins on a bus without one, or behind a message of an event that the store lacks: that may be gone. */
  private async mayBegin({ sequence }: MessageOfRelay): Promise<boolean> {
    const before = await this.parts.relayedUpTo(sequence - 1);
    return before?.place !== 'stored' || this.isAcceptedBetween(before.message, sequence);
  }

  /** Whether an operator has decided on a message of the epoch that stood there. */
  private async isAcceptedBetween(
    { proof: { epoch }, sequence: after }: MessageOfRelay,
    before: number,
  ): Promise<boolean> {
    this.decisions ??= decisionsIn(this.parts.store);
    return (await this.decisions).some(
      (each) => each.epoch === epoch && each.sequence > after && each.sequence < before,
    );
  }
}

/** The oldest one tells the place. */
function anchored([anchor, ...messages]: readonly MessageOfRelay[]): Chain {
  return { messages, start: { after: anchor?.event.position ?? null, lost: 0 } };
}

/** Nothing that the store has follows in one epoch what it lacks. */
function startBehind({ before, lost }: Hole, oldest: MessageOfRelay): StartInStore | null {
  if (before === null || !isSameEpoch(before, oldest)) return { after: null, lost };
  return before.place === 'stored' ? { after: before.after, lost } : null;
}

/** The number of the message before it in the same epoch; 0 if the epoch began behind that. */
function countedUpTo(before: RelayedMessage | null, message: MessageOfRelay): number {
  return before && isSameEpoch(before, message) ? before.message.proof.ordinal : 0;
}

function isSameEpoch({ message }: RelayedMessage, { proof }: MessageOfRelay): boolean {
  return message.proof.epoch === proof.epoch;
}

/** What cannot be read decides nothing. */
async function decisionsIn(store: EventStore): Promise<DecisionsState> {
  try {
    const decisions = new StreamHistory(store, 'relay', 'system', decisionsDecider);
    return (await decisions.load(DECISIONS_STREAM)).state;
  } catch (error) {
    if (error instanceof UnreadableHistoryError || error instanceof StreamGoneError) return [];
    throw error;
  }
}
