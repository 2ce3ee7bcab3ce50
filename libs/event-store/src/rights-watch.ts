import { FinalError, RepeatedLines } from '@uplift/runtime';
import type { Clock, Logger } from '@uplift/runtime';
import { EventStoreRefusedError, refusalInWords } from './event-store.port';
import type { StoreRight } from './store-rights';

/** The service was started with a user who lacks a right. */
export class MissingRightsError extends FinalError {
  readonly code = 'missing-rights';
}

export interface RightsWatchPorts {
  /** Asks for something that needs the right, and changes nothing. Throws EventStoreRefusedError. */
  readonly check: (right: StoreRight) => Promise<void>;
  /** At the start alone: what was granted once and is taken away is waited for. */
  readonly onMissing: (error: MissingRightsError) => void;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn' | 'info'>;
}

/** Pause before a right that is missing or in doubt, or a store that has not answered, is asked for again, in ms. */
const ASK_MS = 10_000;

/**
 * Whether the store gives the user of a service what the service needs: asked for when it starts, and from then on
 * whenever the store has refused something, until it is granted.
 */
export class RightsWatch {
  private readonly missing = new Map<string, EventStoreRefusedError>();
  private readonly lines: RepeatedLines;
  private isAsking = false;
  /** The store has refused something since it was asked. */
  private isInDoubt = false;
  private hasBegun = false;

  constructor(
    private readonly rights: readonly StoreRight[],
    private readonly ports: RightsWatchPorts,
  ) {
    this.lines = new RepeatedLines(ports.clock);
  }

  /** What the user lacks, and which command grants it; undefined if nothing is known to be missing. */
  get reason(): string | undefined {
    const [first] = this.missing.values();
    return first && refusalInWords(first, [...this.missing.keys()]);
  }

  /** Until the signal. */
  start(signal: AbortSignal): void {
    void this.ask(signal);
  }

  /**
   * The store has refused somebody in this process. A right is missing only if the check is refused as well: one
   * stream may have rights of its own.
   */
  refused(error: EventStoreRefusedError, signal: AbortSignal): void {
    if (this.hasBegun && this.lines.isDue(error.right)) this.ports.logger.warn(error.message);
    const isNeeded = this.rights.some((right) => right === error.right);
    if (!isNeeded) return;
    this.isInDoubt = true;
    void this.ask(signal);
  }

  private async ask(signal: AbortSignal): Promise<void> {
    if (this.isAsking) return;
    this.isAsking = true;
    try {
      let isAnswered = false;
      while (!isAnswered && !signal.aborted) isAnswered = await this.isAnswered(signal);
    } finally {
      this.isAsking = false;
    }
  }

  /** All is granted, and nothing was refused meanwhile. What was in doubt is not asked for again at once. */
  private async isAnswered(signal: AbortSignal): Promise<boolean> {
    const wasInDoubt = this.isInDoubt;
    this.isInDoubt = false;
    const hasAll = await this.hasAll();
    if (wasInDoubt || !hasAll) await this.ports.clock.idle(ASK_MS, signal);
    return hasAll && !this.isInDoubt;
  }

  private async hasAll(): Promise<boolean> {
    const answers = await Promise.all(this.rights.map((right) => this.isGranted(right)));
    if (!this.hasBegun) this.begin(answers);
    return answers.every((isGranted) => isGranted === true);
  }

  /** Undefined: the store does not say. */
  private async isGranted(right: StoreRight): Promise<boolean | undefined> {
    try {
      await this.ports.check(right);
    } catch (error) {
      if (!(error instanceof EventStoreRefusedError)) return undefined;
      this.missing.set(right, error);
      return false;
    }
    const wasMissing = this.missing.delete(right) && this.hasBegun;
    if (wasMissing && this.lines.isDue(`${right} again`)) {
      this.ports.logger.info({ right }, 'the event store grants again what was missing');
    }
    return true;
  }

  private begin(answers: readonly (boolean | undefined)[]): void {
    const { reason } = this;
    if (answers.includes(false) && reason !== undefined) {
      this.ports.onMissing(new MissingRightsError(reason));
    } else this.hasBegun = answers.includes(true);
  }
}
