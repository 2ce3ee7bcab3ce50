import { isOurs, type SequenceGap } from '@uplift/contracts';
import type { EventStore } from './event-store.port';
import { MessageChains } from './message-chain';
import { messageUpTo, type MessageLog } from './message-log';
import {
  placeInStore,
  readAsRelayed,
  type LoggedMessage,
  type MessageOfRelay,
  type RelayedMessage,
} from './relayed-message';
import { StoreOrder } from './store-order';

/** The stream has had messages, but the newest one is gone: where to go on cannot be known. */
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

type Verdict = RelayedMessage | { readonly place: 'foreign'; readonly reason: string };

export interface NewestRelayed {
  /** Null: no message is the relay's. */
  readonly found: RelayedMessage | null;
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

export interface NewestOptions {
  /** Called before every message and event that is looked at; may throw to end that. */
  readonly onStep?: () => void;
  /** How many messages before the newest one are held against the store, too; 1 if absent. */
  readonly chained?: number;
  /**
   * False: copies of earlier messages count as well, and so does what skips events behind a hole. To find the former
   * costs a look at all of the same subject, to find the latter one at the events of the hole.
   */
  readonly exact?: boolean;
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
  /** By sequence: the newest message of the relay up to there. */
  private readonly relayed = new Map<number, Promise<RelayedMessage | null>>();
  private readonly order: StoreOrder;
  private readonly chains: MessageChains;
  private readonly exact: boolean;

  constructor(
    private readonly log: MessageLog,
    private readonly store: EventStore,
    private readonly options: NewestOptions,
  ) {
    const onStep = () => options.onStep?.();
    this.exact = options.exact ?? true;
    this.order = new StoreOrder(store, onStep);
    this.chains = new MessageChains({
      ...{ log, store, onStep, order: this.order, exact: this.exact },
      relayedUpTo: (sequence) => this.relayedUpTo(sequence),
    });
  }

  async newestUpTo(lastSequence: number): Promise<NewestRelayed> {
    const passed: ForeignMessage[] = [];
    let logged = await this.messageUpTo(lastSequence);
    if (logged?.sequence !== lastSequence && lastSequence > 0) {
      throw new ResumePointLostError(lastSequence);
    }
    while (logged !== null) {
      const { verdict, from } = await this.judge(logged, this.options.chained ?? 1);
      if (verdict.place !== 'foreign') return { found: verdict, lastSequence, foreign: passed };
      const { reason } = verdict;
      for (let { sequence } = logged; sequence >= from; sequence -= 1) {
        passed.push({ sequence, reason });
      }
      logged = await this.messageUpTo(from - 1);
    }
    return { found: null, lastSequence, foreign: passed };
  }

  async judge(logged: LoggedMessage, chained: number): Promise<Judged> {
    const from = logged.sequence;
    const message = readAsRelayed(logged);
    if (typeof message === 'string') return { verdict: foreign(message), from };
    if (!isOurs(message.event)) return { verdict: foreign('its event is not ours'), from };
    const fault = await this.chains.faultOfNumber(message);
    if (fault !== null) return { verdict: foreign(fault), from };
    const place = await placeInStore(this.store, message.event);
    if (place === 'lacking') return { verdict: { place, message }, from };
    if (place === 'forged' || place === 'changed') return { verdict: NOT_AS_STORED[place], from };
    return this.judgeChain(message, chained, logged.subject);
  }

  private async judgeChain(
    message: MessageOfRelay,
    chained: number,
    subject: string,
  ): Promise<Judged> {
    const { broken, after } = await this.heldAgainstStore(message, chained);
    if (broken !== null) return { verdict: OUT_OF_ORDER, from: broken };
    const original = this.exact ? await this.originalOf(message, subject) : null;
    if (original === null) {
      return { verdict: { place: 'stored', message, after }, from: message.sequence };
    }
    return { verdict: foreign(`it is a copy of message ${original}`), from: message.sequence };
  }

  /** `broken`: sequence of the first message that is not the next event of the store; null if all are. */
  private async heldAgainstStore(newest: MessageOfRelay, chained: number) {
    const { messages, start } = await this.chains.behind(newest, chained);
    if (start !== null) return this.order.compare(messages, start);
    return { broken: messages[0]?.sequence ?? newest.sequence, after: 0n };
  }

  private messageUpTo(sequence: number): Promise<LoggedMessage | null> {
    this.options.onStep?.();
    return messageUpTo(this.log, sequence);
  }

  private relayedUpTo(sequence: number): Promise<RelayedMessage | null> {
    const known = this.relayed.get(sequence);
    if (known) return known;
    const finding = this.findRelayedUpTo(sequence);
    this.relayed.set(sequence, finding);
    return finding;
  }

  private async findRelayedUpTo(sequence: number): Promise<RelayedMessage | null> {
    const logged = await this.messageUpTo(sequence);
    if (logged === null) return null;
    const { verdict, from } = await this.judge(logged, 1);
    return verdict.place === 'foreign' ? this.relayedUpTo(from - 1) : verdict;
  }

  /** Sequence of the message that has carried the same event in the same epoch before. */
  private async originalOf(copy: MessageOfRelay, subject: string): Promise<number | null> {
    let earlier = await this.log.firstWith(subject, 1);
    while (earlier && earlier.sequence < copy.sequence) {
      this.options.onStep?.();
      const { sequence } = earlier;
      const isSame = isSameInEpoch(readAsRelayed(earlier), copy);
      if (isSame && (await this.isOriginal(earlier))) return sequence;
      earlier = await this.log.firstWith(subject, sequence + 1);
    }
    return null;
  }

  private async isOriginal(logged: LoggedMessage): Promise<boolean> {
    const message = readAsRelayed(logged);
    if (typeof message === 'string') return false;
    if ((await this.chains.faultOfNumber(message)) !== null) return false;
    const { broken } = await this.heldAgainstStore(message, 1);
    return broken === null;
  }
}

function isSameInEpoch(one: MessageOfRelay | string, { event, proof }: MessageOfRelay): boolean {
  return typeof one !== 'string' && one.event.id === event.id && one.proof.epoch === proof.epoch;
}
