import { isOurs, type SequenceGap, type StoredEvent } from '@uplift/contracts';
import type { EventStore } from './event-store.port';
import {
  continues,
  isUnchanged,
  placeInStore,
  readAsRelayed,
  sequenceBefore,
  type LoggedMessage,
  type MessageOfRelay,
} from './relayed-message';

/** The stream of the bus, read message by message. */
export interface MessageLog {
  lastSequence(): Promise<number>;
  messageAt(sequence: number): Promise<LoggedMessage | null>;
  /** The first message with this subject at the sequence or behind it. */
  firstWith(subject: string, sequence: number): Promise<LoggedMessage | null>;
}

/** The stream has had messages, but this one is gone: where to go on cannot be known. */
export class ResumePointLostError extends Error {
  readonly code = 'resume-point-lost';
  constructor(readonly sequence: number) {
    super(`The bus is at sequence ${sequence}, but that message is gone`);
  }
}

/** A message that does not count, and why. */
export interface ForeignMessage {
  readonly sequence: number;
  readonly reason: string;
}

interface Stored {
  readonly place: 'stored';
  readonly message: MessageOfRelay;
  /** Position in the store behind which the next event stands. */
  readonly after: bigint;
}

/** A message that no writer but ours can have made, of an event that the store does not have. */
interface Lacking {
  readonly place: 'lacking';
  readonly message: MessageOfRelay;
}

type Verdict = Stored | Lacking | { readonly place: 'foreign'; readonly reason: string };

export interface NewestRelayed {
  /** Null: no message is the relay's. */
  readonly found: Stored | Lacking | null;
  readonly lastSequence: number;
  /** What stands behind it, newest first. */
  readonly foreign: readonly ForeignMessage[];
}

/** The messages behind the relay's newest one; undefined if there is none. */
export function gapBehind({ foreign, lastSequence }: NewestRelayed): SequenceGap | undefined {
  const first = foreign.at(-1)?.sequence;
  return first === undefined ? undefined : { first, last: lastSequence };
}

/** Messages that a relay may have under way: behind one that is refused the next ones may be stored all the same. */
export const MOST_UNDER_WAY = 512;
/** Messages read at once. */
const READ_AHEAD = 64;
/** Events of the store looked at in one read. */
const PAGE = 128;

export interface NewestOptions {
  /** Called before every message and event that is looked at; may throw to end that. */
  readonly onStep?: () => void;
  /** How many messages before the newest one are held against the store, too; 1 if absent. */
  readonly chained?: number;
  /** False: copies of earlier messages count as well; to find them costs a look at all of the same subject. */
  readonly copies?: boolean;
}

interface Chain {
  readonly chain: readonly [MessageOfRelay, ...MessageOfRelay[]];
  /** Its oldest message continues nothing. */
  readonly isBroken: boolean;
}

/** The verdict counts for the messages from there on. */
interface Judged {
  readonly verdict: Verdict;
  readonly from: number;
}

const foreign = (reason: string) => ({ place: 'foreign', reason }) as const;
const OUT_OF_ORDER = foreign('it is out of the order of the store');
const NOT_AS_STORED = {
  forged: foreign('its event was not written by a service of ours'),
  changed: foreign('it differs from the event in the store'),
};

/**
 * Tells the relay's messages on the bus from those of others, whatever they look like: a message is the relay's if it
 * carries an event of the store unchanged, continues the numbers of the one before it, skips no event of ours and is
 * no copy of an earlier one.
 */
export class RelayedMessages {
  constructor(
    private readonly log: MessageLog,
    private readonly store: EventStore,
  ) {}

  /** Looks back from the newest message. Throws ResumePointLostError. */
  async newest(options: NewestOptions = {}): Promise<NewestRelayed> {
    return new Look(this.log, this.store, options).newestUpTo(await this.log.lastSequence());
  }

  async isRelayed(message: LoggedMessage): Promise<boolean> {
    const { verdict } = await new Look(this.log, this.store, {}).judge(message, 1);
    return verdict.place === 'stored';
  }
}

/** What is found once counts to the end of the look. */
class Look {
  /** By sequence: whether the newest message of the relay up to there is of an event that the store has. */
  private readonly storedUpTo = new Map<number, Promise<boolean>>();

  constructor(
    private readonly log: MessageLog,
    private readonly store: EventStore,
    private readonly options: NewestOptions,
  ) {}

  async newestUpTo(lastSequence: number): Promise<NewestRelayed> {
    const passed: ForeignMessage[] = [];
    let sequence = lastSequence;
    while (sequence > 0) {
      const { verdict, from } = await this.judgeAt(sequence, this.options.chained ?? 1);
      if (verdict.place !== 'foreign') return { found: verdict, lastSequence, foreign: passed };
      for (; sequence >= from; sequence -= 1) passed.push({ sequence, reason: verdict.reason });
    }
    return { found: null, lastSequence, foreign: passed };
  }

  private async judgeAt(sequence: number, chained: number): Promise<Judged> {
    const logged = await this.messageAt(sequence);
    if (!logged) throw new ResumePointLostError(sequence);
    return this.judge(logged, chained);
  }

  private messageAt(sequence: number): Promise<LoggedMessage | null> {
    this.options.onStep?.();
    return this.log.messageAt(sequence);
  }

  async judge(logged: LoggedMessage, chained: number): Promise<Judged> {
    const from = logged.sequence;
    const message = readAsRelayed(logged);
    if (typeof message === 'string') return { verdict: foreign(message), from };
    if (!isOurs(message.event)) return { verdict: foreign('its event is not ours'), from };
    const fault = await this.faultOfNumber(message);
    if (fault !== null) return { verdict: foreign(fault), from };
    const place = await placeInStore(this.store, message.event);
    if (place === 'lacking') return { verdict: { place, message }, from };
    if (place === 'forged' || place === 'changed') return { verdict: NOT_AS_STORED[place], from };
    return this.judgeChain(message, chained, logged.subject);
  }

  /** Why it does not continue the message before it; null if it does, or is the first of an epoch. */
  private async faultOfNumber(message: MessageOfRelay): Promise<string | null> {
    const { proof } = message;
    if (proof.ordinal === 1) return null;
    const before = read(await this.messageAt(sequenceBefore(message)));
    if (typeof before === 'string') return `it continues no epoch: ${before}`;
    return continues(message, before) ? null : 'it does not continue the numbers before it';
  }

  private async judgeChain(
    message: MessageOfRelay,
    chained: number,
    subject: string,
  ): Promise<Judged> {
    const chain = await this.chainBehind(message, chained);
    const { broken, after } = await this.heldAgainstStore(chain);
    if (broken !== null) return { verdict: OUT_OF_ORDER, from: broken };
    const { copies = true } = this.options;
    const original = copies ? await this.originalOf(message, subject) : null;
    if (original === null) {
      return { verdict: { place: 'stored', message, after }, from: message.sequence };
    }
    return { verdict: foreign(`it is a copy of message ${original}`), from: message.sequence };
  }

  /** Messages that continue each other's numbers, oldest first: back to one that the store has, or to a break. */
  private async chainBehind(newest: MessageOfRelay, most: number): Promise<Chain> {
    const reader = new BackwardReader(this.log);
    const chain: [MessageOfRelay, ...MessageOfRelay[]] = [newest];
    let oldest = newest;
    while (oldest.proof.ordinal > 1) {
      this.options.onStep?.();
      const isLongEnough = chain.length > most;
      if (isLongEnough && (await this.isAnchor(oldest))) return { chain, isBroken: false };
      const before = read(await reader.at(sequenceBefore(oldest)));
      if (typeof before === 'string' || !continues(oldest, before)) {
        return { chain, isBroken: true };
      }
      chain.unshift(before);
      oldest = before;
    }
    return { chain, isBroken: !(await this.mayBegin(oldest)) };
  }

  /** Events of a stream that was deleted, or of other programs, tell no place. */
  private async isAnchor({ event }: MessageOfRelay): Promise<boolean> {
    return isOurs(event) && (await placeInStore(this.store, event)) === 'stored';
  }

  /** `broken`: sequence of the first message that is not the next event of the store; null if all are. */
  private heldAgainstStore({ chain, isBroken }: Chain) {
    const [oldest, ...others] = chain;
    if (isBroken) return Promise.resolve({ broken: oldest.sequence, after: 0n });
    return oldest.proof.ordinal === 1
      ? this.inStep(chain, null)
      : this.inStep(others, oldest.event.position);
  }

  /** An epoch begins on a bus without one, or behind a message of an event that the store lacks. */
  private async mayBegin(message: MessageOfRelay): Promise<boolean> {
    return !(await this.isStoredUpTo(sequenceBefore(message)));
  }

  private isStoredUpTo(sequence: number): Promise<boolean> {
    const known = this.storedUpTo.get(sequence);
    if (known) return known;
    const finding = this.findStoredUpTo(sequence);
    this.storedUpTo.set(sequence, finding);
    return finding;
  }

  private async findStoredUpTo(sequence: number): Promise<boolean> {
    if (sequence === 0) return false;
    const { verdict, from } = await this.judgeAt(sequence, 1);
    return verdict.place === 'foreign' ? this.isStoredUpTo(from - 1) : verdict.place === 'stored';
  }

  private async inStep(messages: readonly MessageOfRelay[], from: bigint | null) {
    const stored = new EventsBehind(this.store, from);
    let after = from ?? 0n;
    for (const { event, sequence } of messages) {
      this.options.onStep?.();
      const next = await stored.peek();
      if (next && isUnchanged(next, event)) {
        after = next.position;
        stored.skip();
      } else if (!(await this.mayBeMissing(event, next))) return { broken: sequence, after };
    }
    return { broken: null, after };
  }

  /** An older build published events of others, and those of a deleted stream are cleared away some time. */
  private async mayBeMissing(event: StoredEvent, next: StoredEvent | undefined): Promise<boolean> {
    if (next && next.position <= event.position) return false;
    return !isOurs(event) || (await placeInStore(this.store, event)) === 'gone';
  }

  /** Sequence of the message that has carried the same event in the same epoch before. */
  private async originalOf(copy: MessageOfRelay, subject: string): Promise<number | null> {
    let earlier = await this.log.firstWith(subject, 1);
    while (earlier && earlier.sequence < copy.sequence) {
      this.options.onStep?.();
      const { sequence } = earlier;
      if (isSameInEpoch(read(earlier), copy) && (await this.isOriginal(earlier))) return sequence;
      earlier = await this.log.firstWith(subject, sequence + 1);
    }
    return null;
  }

  private async isOriginal(logged: LoggedMessage): Promise<boolean> {
    const message = read(logged);
    if (typeof message === 'string' || (await this.faultOfNumber(message)) !== null) return false;
    const { broken } = await this.heldAgainstStore(await this.chainBehind(message, 1));
    return broken === null;
  }
}

function read(logged: LoggedMessage | null): MessageOfRelay | string {
  return logged === null ? 'there is none before it' : readAsRelayed(logged);
}

function isSameInEpoch(one: MessageOfRelay | string, { event, proof }: MessageOfRelay): boolean {
  return typeof one !== 'string' && one.event.id === event.id && one.proof.epoch === proof.epoch;
}

/** Our events behind a position of the store, one by one. */
class EventsBehind {
  private events: readonly StoredEvent[] = [];
  private isEnd = false;

  constructor(
    private readonly store: EventStore,
    private after: bigint | null,
  ) {}

  async peek(): Promise<StoredEvent | undefined> {
    while (this.events.length === 0 && !this.isEnd) {
      const { events, upTo, isEnd } = await this.store.readAll(this.after, PAGE);
      this.events = events;
      this.after = upTo;
      this.isEnd = isEnd;
    }
    return this.events[0];
  }

  skip(): void {
    this.events = this.events.slice(1);
  }
}

/** Reads messages from the back, some ahead. */
class BackwardReader {
  private readonly ahead = new Map<number, Promise<LoggedMessage | null>>();

  constructor(private readonly log: MessageLog) {}

  at(sequence: number): Promise<LoggedMessage | null> {
    if (!this.ahead.has(sequence)) this.readFrom(sequence);
    return this.ahead.get(sequence) ?? Promise.resolve(null);
  }

  private readFrom(sequence: number): void {
    const most = Math.min(READ_AHEAD, (this.ahead.size || 1) * 4);
    this.ahead.clear();
    for (let n = sequence; n > Math.max(0, sequence - most); n -= 1) {
      const reading = this.log.messageAt(n);
      reading.catch(() => undefined);
      this.ahead.set(n, reading);
    }
  }
}
