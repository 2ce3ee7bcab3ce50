import { Backoff, systemClock, systemRandomness } from '@uplift/runtime';
import type { Clock, Randomness } from '@uplift/runtime';
import type { EsdbSettings } from './esdb.connection-string';
import { isFinal, isUnserved, refusedError, unavailable } from './esdb.errors';
import { EsdbLine } from './esdb.line';
import { EventStoreRefusedError, EventStoreUnavailableError } from './event-store.port';

/** How long to wait, in milliseconds. */
export interface EsdbPatience {
  /** For one answer; then the connection is renewed if it was silent or not served, and the question repeated. */
  readonly attemptMs: number;
  /** For an answer in all; after that one try must do until the store has answered again. */
  readonly totalMs: number;
}

export interface EsdbConnectionOptions {
  readonly settings: EsdbSettings;
  readonly patience: EsdbPatience;
  readonly clock?: Clock | undefined;
  readonly randomness?: Randomness | undefined;
  /** Called whenever the store refuses the user. */
  readonly onRefused?: ((error: EventStoreRefusedError) => void) | undefined;
}

export interface Try {
  readonly line: EsdbLine;
  /** How often the same was asked before. */
  readonly repeats: number;
  readonly waitMs: number;
}

/** Before a refusal is told again, in ms: who asks again at once is not to ask all the time. */
const REFUSAL_PAUSES = { firstMs: 250, longestMs: 2_000 };
/** Longest wait for the old connection to end, in ms. */
const END_MS = 1_000;

/**
 * The connection of an adapter. Whoever asks gets an answer, or after a while an EventStoreUnavailableError. A
 * connection that has become silent is renewed, since the client notices a frozen server late, and for an append never;
 * so is one to a node that does not serve, which the client takes for an answer.
 */
export class EsdbConnection {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly patience: EsdbPatience;
  /** How often something was asked in vain, or the connection broke while nobody waited. */
  interruptions = 0;
  private current: EsdbLine;
  private renewing: Promise<void> | undefined;
  /** By right: since when the node at the other end serves nobody who needs it. */
  private readonly unserved = new Map<string, number>();
  private isClosed = false;
  /** Rights by which nobody was answered for as long as the patience lasts. */
  private readonly down = new Set<string>();
  /** By right, while the user lacks it. */
  private readonly refused = new Map<string, Backoff>();
  private readAt = -Infinity;

  constructor(private readonly options: EsdbConnectionOptions) {
    this.clock = options.clock ?? systemClock;
    this.randomness = options.randomness ?? systemRandomness;
    this.patience = options.patience;
    this.current = this.connect();
  }

  /** When a read was answered last, on the monotonic clock. */
  get lastReadAt(): number {
    return this.readAt;
  }

  /** The connection as it is, after a renewal that is under way. Throws once it is closed. */
  async ready(): Promise<EsdbLine> {
    while (this.renewing) await this.renewing;
    this.assertOpen();
    return this.current;
  }

  assertOpen(): void {
    if (this.isClosed) throw new EventStoreUnavailableError('The event store is closed');
  }

  /** Asks again while the answer is that there is none for the moment. `right`: what the user needs for it. */
  async answer<T>(right: string, ask: (attempt: Try) => Promise<T>): Promise<T> {
    const { attemptMs, totalMs } = this.patience;
    const endsAt = this.clock.monotonic() + totalMs;
    const backoff = this.backoff();
    for (let repeats = 0; ; repeats += 1) {
      const line = await this.ready();
      const leftMs = endsAt - this.clock.monotonic();
      const waitMs = Math.min(attemptMs, Math.max(leftMs, attemptMs / 2));
      try {
        const answer = await ask({ line, repeats, waitMs });
        this.noteAnswer(right);
        return answer;
      } catch (error) {
        this.leaveIfUnserved(error, line, right);
        const reason = this.translate(error, right);
        await this.pauseIfToldBefore(reason, right);
        this.throwUnlessPassing({ error, reason }, right, endsAt);
      }
      await this.clock.pause(backoff.next());
    }
  }

  /** The error that a caller gets for one of the client's. */
  translate(error: unknown, right: string): Error {
    const refused = refusedError(error, this.options.settings.user, right);
    if (!refused) return unavailable(error);
    this.options.onRefused?.(refused);
    return refused;
  }

  backoff(): Backoff {
    return new Backoff(this.randomness, { firstMs: 20, longestMs: 500 });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.renewing;
    await this.current.end();
  }

  private noteAnswer(right: string): void {
    this.down.delete(right);
    this.refused.delete(right);
    this.unserved.delete(right);
    if (right !== 'append') this.readAt = this.clock.monotonic();
  }

  private connect(): EsdbLine {
    const line: EsdbLine = new EsdbLine(this.options.settings, {
      onSilence: () => this.renew(line),
      onBroken: () => (this.interruptions += 1),
    });
    return line;
  }

  /** A node that is cut off from its cluster may say so for ever: another one is found with a new connection. */
  private leaveIfUnserved(error: unknown, line: EsdbLine, right: string): void {
    if (!isUnserved(error)) return;
    const now = this.clock.monotonic();
    const since = this.unserved.get(right) ?? now;
    this.unserved.set(right, since);
    if (now - since >= this.patience.attemptMs) this.renew(line);
  }

  private renew(old: EsdbLine): void {
    if (this.isClosed || old !== this.current || this.renewing) return;
    this.unserved.clear();
    // Nothing travels on the new one while calls of the old one may still fail.
    const ended = Promise.race([old.end(), this.clock.pause(END_MS)]);
    this.renewing = ended
      .catch(() => undefined)
      .then(() => {
        if (!this.isClosed) this.current = this.connect();
        this.renewing = undefined;
      });
  }

  private async pauseIfToldBefore(reason: Error, right: string): Promise<void> {
    if (!(reason instanceof EventStoreRefusedError)) return;
    const backoff = this.refused.get(right);
    if (backoff) await this.clock.pause(backoff.next());
    else this.refused.set(right, new Backoff(this.randomness, REFUSAL_PAUSES));
  }

  private throwUnlessPassing({ error, reason }: Failure, right: string, endsAt: number): void {
    if (isFinal(reason) || !(reason instanceof EventStoreUnavailableError)) throw reason;
    if (error instanceof EventStoreUnavailableError) throw error;
    this.interruptions += 1;
    // What is left has to suffice for a try that can succeed.
    const isOver = this.clock.monotonic() + this.patience.attemptMs / 2 >= endsAt;
    if (isOver) this.down.add(right);
    if (this.down.has(right) || this.isClosed) throw reason;
  }
}

/** What the client says, and what that comes to. */
interface Failure {
  readonly error: unknown;
  readonly reason: Error;
}
