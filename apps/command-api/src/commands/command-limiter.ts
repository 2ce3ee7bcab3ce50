import { Injectable, Logger } from '@nestjs/common';
import type { ProblemError } from '@uplift/contracts';
import { refusal } from '@uplift/contracts';
import { Clock, Health, Metrics } from '@uplift/runtime';
import type { BulkheadPolicy } from 'cockatiel';
import { bulkhead } from 'cockatiel';

/** How many commands are handled, and how many more wait for their turn, at once. */
export class CommandLimits {
  readonly underWay: number;
  readonly queued: number;

  constructor(settings: { readonly commandsUnderWay: number; readonly commandsQueued: number }) {
    this.underWay = settings.commandsUnderWay;
    this.queued = settings.commandsQueued;
  }
}

/** What a command may take in all, by what others took lately, in ms: the rest of the second is for surprises. */
const LONGEST_ANSWER_MS = 700;
/** Of that in the queue. */
const LONGEST_WAIT_MS = 400;
/** Whoever still waits after this time, because the store stood still meanwhile, is refused after all. */
const MOST_IN_QUEUE_MS = 500;
/** Beside the others. */
const MOST_PATIENT = 1_000;
const REPORT_MS = 60_000;
/** How long the health page tells of a refusal. */
const TOLD_FOR_MS = 10_000;
/** Weight of the newest in the mean time that commands take. */
const SMOOTHING = 0.1;

/**
 * Handles so many commands at once and lets some wait for their turn; the others are refused at once, before anything
 * is read for them. So the time to an answer stays bounded whatever the load, and however slow the store is.
 */
@Injectable()
export class CommandLimiter {
  private readonly logger = new Logger('overload');
  private readonly bulkhead: BulkheadPolicy;
  private readonly refusals;
  private waiting = 0;
  /** When those under way began, the oldest first. */
  private readonly begun = new Map<symbol, number>();
  /** Mean time that a command takes once it is under way, in ms. */
  private serviceMs = 0;
  /** When a command began or ended last. */
  private movedAt = 0;
  private refusedAt = Number.NEGATIVE_INFINITY;
  private refusedSinceReport = 0;
  private isReporting = false;

  constructor(
    private readonly limits: CommandLimits,
    private readonly clock: Clock,
    metrics: Metrics,
    health: Health,
  ) {
    // The queue is bounded by `hasRoom`, which knows how long a wait in it would be.
    this.bulkhead = bulkhead(limits.underWay, Number.MAX_SAFE_INTEGER);
    this.refusals = metrics.counter({
      name: 'commands_overloaded_total',
      help: 'Commands refused because too many are under way',
    });
    const underWay = { name: 'commands_under_way', help: 'Commands being handled' };
    metrics.gauge(underWay, () => this.underWay);
    const queued = { name: 'commands_queued', help: 'Commands that wait to be handled' };
    metrics.gauge(queued, () => this.waiting);
    health.addDegradation('commands', () => this.degradation());
  }

  /** False: a command that comes now is refused. */
  get hasRoom(): boolean {
    if (this.isTurnFree) return true;
    if (this.waiting >= this.limits.queued) return false;
    const { waitMs } = this;
    return waitMs <= LONGEST_WAIT_MS && waitMs + this.serviceMs <= LONGEST_ANSWER_MS;
  }

  /** @throws ProblemError `overloaded` */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.isTurnFree) return this.bulkhead.execute(() => this.timed(work));
    if (!this.hasRoom) throw this.refuse();
    return this.queue(work);
  }

  /**
   * However long the wait for its turn is: for commands of which there are few, or of which somebody else bounds the
   * number. Throws ProblemError `overloaded` if they are many all the same.
   */
  async runPatiently<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.waiting >= this.limits.queued + MOST_PATIENT) throw this.refuse();
    this.waiting += 1;
    return this.bulkhead.execute(() => {
      this.waiting -= 1;
      return this.timed(work);
    });
  }

  /** The answer to a command that finds no room. Counts it. */
  refuse(): ProblemError {
    this.refusals.inc();
    this.refusedSinceReport += 1;
    this.refusedAt = this.clock.monotonic();
    if (!this.isReporting) this.report();
    return refusal(
      'overloaded',
      'Too many commands are under way. Nothing was done: repeat it with the same Idempotency-Key after a pause',
    );
  }

  private get underWay(): number {
    return this.limits.underWay - this.bulkhead.executionSlots;
  }

  private get isTurnFree(): boolean {
    return this.waiting === 0 && this.bulkhead.executionSlots > 0;
  }

  /** How long one more would wait for its turn, if commands go on to take as long as of late, in ms. */
  private get waitMs(): number {
    const now = this.clock.monotonic();
    // Longer where nothing has begun or ended for longer.
    const paceMs = Math.max(this.serviceMs / this.limits.underWay, now - this.movedAt);
    const [oldest = now] = this.begun.values();
    const untilNext = Math.max(paceMs, oldest + this.serviceMs - now);
    return untilNext + this.waiting * paceMs;
  }

  private queue<Result>(work: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      let refused: ProblemError | undefined;
      const giveUp = () => {
        this.waiting -= 1;
        refused = this.refuse();
        reject(refused);
      };
      this.waiting += 1;
      const cancelTimer = this.clock.after(MOST_IN_QUEUE_MS, giveUp);
      const begin = () => {
        if (refused) throw refused;
        cancelTimer();
        this.waiting -= 1;
        return this.timed(work);
      };
      this.bulkhead.execute(begin).then(resolve, reject);
    });
  }

  private async timed<Result>(work: () => Promise<Result>): Promise<Result> {
    const command = Symbol();
    const begunAt = this.clock.monotonic();
    this.movedAt = begunAt;
    this.begun.set(command, begunAt);
    try {
      return await work();
    } finally {
      this.begun.delete(command);
      this.movedAt = this.clock.monotonic();
      this.serviceMs += SMOOTHING * (this.movedAt - begunAt - this.serviceMs);
    }
  }

  /** At once, then each minute for as long as commands are refused. */
  private report(): void {
    this.isReporting = this.refusedSinceReport > 0;
    if (!this.isReporting) return this.logger.log('commands are taken again');
    const { refusedSinceReport: refused, underWay, waiting: queued } = this;
    this.logger.warn('overloaded: commands are refused', { refused, underWay, queued });
    this.refusedSinceReport = 0;
    this.clock.after(REPORT_MS, () => this.report());
  }

  private degradation(): string | undefined {
    if (this.clock.monotonic() - this.refusedAt > TOLD_FOR_MS) return undefined;
    return `overloaded: ${this.underWay} under way, ${this.waiting} waiting, others are refused`;
  }
}
