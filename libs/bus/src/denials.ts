import { EVENT_SUBJECT_ROOT } from '@uplift/contracts';
import { RepeatedLines, type Clock } from '@uplift/runtime';
import { isForAnswers } from './nats.messages';

export interface Denied {
  readonly operation: string;
  readonly subject: string;
}

export interface DenialListener {
  /** Each kind once a minute. */
  onDenied(words: string): void;
  /** Once a minute, with how many there were since it was told before. */
  onAnswersDenied(count: number): void;
}

/** So long it counts: whoever needs it asks again sooner. */
const COUNTS_MS = 30_000;
const TOLD_AGAIN_MS = 60_000;
const MOST_KINDS = 50;
const MOST_NAMED = 3;

interface Kind {
  lastAt: number;
  toldAt: number;
}

/** What the server has denied the user of a connection, by kind of subject: each message of an event has one of its own. */
export class Denials {
  private readonly kinds = new Map<string, Kind>();
  private readonly lines: RepeatedLines;
  private answers = 0;

  constructor(
    private readonly clock: Clock,
    private readonly listener: DenialListener,
  ) {
    this.lines = new RepeatedLines(clock);
  }

  record(denied: Denied): void {
    if (isAnswer(denied)) return this.countAnswer();
    const words = inWords(denied);
    const now = this.clock.monotonic();
    const kind = this.kinds.get(words) ?? { lastAt: now, toldAt: -Infinity };
    this.kinds.delete(words);
    this.kinds.set(words, kind);
    kind.lastAt = now;
    if (now - kind.toldAt >= TOLD_AGAIN_MS) {
      kind.toldAt = now;
      this.listener.onDenied(words);
    }
    const [oldest] = this.kinds.keys();
    if (this.kinds.size > MOST_KINDS && oldest !== undefined) this.kinds.delete(oldest);
  }

  /** Undefined if nothing was denied lately. */
  get reason(): string | undefined {
    const since = this.clock.monotonic() - COUNTS_MS;
    const all = [...this.kinds].filter(([, { lastAt }]) => lastAt > since).map(([words]) => words);
    if (all.length === 0) return undefined;
    const others = all.length - MOST_NAMED;
    const more = others > 0 ? ` and ${others} more` : '';
    return `the NATS server denies this user to ${all.slice(0, MOST_NAMED).join(', ')}${more}`;
  }

  /** Of a user that may have other rights than before. */
  forget(): void {
    this.kinds.clear();
  }

  private countAnswer(): void {
    this.answers += 1;
    if (!this.lines.isDue('answers')) return;
    this.listener.onAnswersDenied(this.answers);
    this.answers = 0;
  }
}

/**
 * The right to answer is that of a request, and its sender chose the subject: of two requests that want their answers
 * on one, or over a connection that has ended since, one is denied. No right is missing then.
 */
function isAnswer({ operation, subject }: Denied): boolean {
  return operation === 'publish' && isForAnswers(subject);
}

function inWords({ operation, subject }: Denied): string {
  return `${operation === 'publish' ? 'publish to' : 'subscribe to'} ${kindOf(subject)}`;
}

const ACK_OF_CONSUMER = 4;

function kindOf(subject: string): string {
  const tokens = subject.split('.');
  if (subject.startsWith(`${EVENT_SUBJECT_ROOT}.`)) return [...tokens.slice(0, -1), '*'].join('.');
  if (subject.startsWith('$JS.ACK.')) return [...tokens.slice(0, ACK_OF_CONSUMER), '>'].join('.');
  return subject.startsWith('_INBOX') ? `${tokens[0]}.>` : subject;
}
