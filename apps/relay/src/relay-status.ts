import type { PublishRun, StreamFill } from '@uplift/bus';
import type { Clock, Metrics } from '@uplift/runtime';

export type RelayMode = 'starting' | 'relaying' | 'standby' | 'stopped';

/** What the relay says about itself on its health and metrics pages. */
export class RelayStatus {
  mode: RelayMode = 'starting';
  /** How far the stream was filled when it was last looked at. */
  busFill: StreamFill | undefined;
  /** What the operator of the bus has set otherwise than the settings say: it works all the same. */
  busDifferences: readonly string[] = [];
  /** Consumers that do not work and cannot be corrected. */
  busFaults: readonly string[] = [];
  refusals = 0;
  repairs = 0;
  /** Messages on the bus that somebody else has written. */
  messagesPassedOver = 0;
  caughtUp = false;
  /** Events of other programs in the store, none of which is published. */
  foreignEvents = 0;
  private run: PublishRun | undefined;
  private published = 0;
  private ordinalBeforeRun = 0;
  private sequenceBeforeRun = 0;
  /** Why nothing was published when it was last tried, in words. */
  private problem: string | undefined;
  /** Events that were published when that was noted. */
  private publishedBefore = 0;
  private batch: { readonly remaining: number; readonly newest: string } | undefined;

  constructor(private readonly clock: Clock) {}

  beginRun(run: PublishRun, ordinal: number): void {
    if (this.hasRecovered) this.problem = undefined;
    this.run = run;
    this.ordinalBeforeRun = ordinal;
    this.sequenceBeforeRun = run.confirmedSequence;
    this.caughtUp = false;
    this.mode = 'relaying';
  }

  /** Nothing is published: `mode` says whether it is tried again at once. */
  hindered(reason: string, mode: RelayMode = this.mode): void {
    this.problem = reason;
    this.publishedBefore = this.eventsPublished;
    this.mode = mode;
  }

  standBy(): void {
    this.problem = undefined;
    this.mode = 'standby';
  }

  /** Why nothing is published, in words; undefined while all is well. A try is no success: only a confirmed message is. */
  get reason(): string | undefined {
    return this.hasRecovered ? undefined : this.problem;
  }

  /** Share of the stream's size that is used; undefined: it has no limit of its own. */
  get busFilledRatio(): number | undefined {
    const { bytes = 0, maxBytes = null } = this.busFill ?? {};
    return maxBytes === null ? undefined : bytes / maxBytes;
  }

  endRun(): void {
    this.ordinalBeforeRun = this.ordinal;
    this.published += this.confirmedInRun;
    this.run = undefined;
    this.batch = undefined;
  }

  /** Events read from the store and not yet sent. */
  holding(remaining: number, newest: string): void {
    this.batch = { remaining, newest };
  }

  get eventsPublished(): number {
    return this.published + this.confirmedInRun;
  }

  /** Number of the last event on the bus within its epoch. */
  get ordinal(): number {
    return this.ordinalBeforeRun + this.confirmedInRun;
  }

  /** Events known to be missing on the bus; more may follow until the store's end was seen. */
  get lagEvents(): number {
    return (this.run?.unconfirmed ?? 0) + (this.batch?.remaining ?? 0);
  }

  /** Age of the oldest event that is not on the bus, in seconds. */
  lagSeconds(): number {
    const behind = this.run?.oldestNote ?? (this.caughtUp ? undefined : this.batch?.newest);
    if (behind === undefined) return 0;
    return Math.max(0, this.clock.wall() - Date.parse(behind)) / 1_000;
  }

  private get hasRecovered(): boolean {
    const { run, mode, caughtUp } = this;
    if (this.eventsPublished > this.publishedBefore) return true;
    if (mode !== 'relaying' || run === undefined || run.failure) return false;
    return caughtUp && this.lagEvents === 0;
  }

  private get confirmedInRun(): number {
    return this.run ? this.run.confirmedSequence - this.sequenceBeforeRun : 0;
  }
}

/** Shares of the stream's size from which on it is told. */
const HIGH_MARKS = [0.85, 0.7];

/** The highest mark that is reached. */
export function markOf({ busFilledRatio = 0 }: RelayStatus): number | undefined {
  return HIGH_MARKS.find((mark) => busFilledRatio >= mark);
}

/** What is wrong with the room that is left for messages, in words; undefined while there is enough. */
export function whyNearlyFull(status: RelayStatus): string | undefined {
  const { busFill } = status;
  const mark = markOf(status);
  if (mark === undefined || !busFill) return undefined;
  return `more than ${mark * 100} % of the stream's size are used (${busFill.bytes} of ${busFill.maxBytes} bytes): raise max_bytes of UPLIFT_EVENTS before it takes no more`;
}

export function describeRelay(metrics: Metrics, status: RelayStatus): void {
  const gauge = (name: string, help: string, read: () => number) =>
    metrics.gauge({ name: `relay_${name}`, help }, read);
  gauge(
    'lag_events',
    'Events read from the store and not yet confirmed by the bus',
    () => status.lagEvents,
  );
  gauge('lag_seconds', 'Age of the oldest event that is not on the bus', () => status.lagSeconds());
  gauge('ordinal', 'Number of the last event on the bus within its epoch', () => status.ordinal);
  gauge('active', '1 while this relay publishes, 0 while it stands by or stands still', () =>
    Number(status.mode === 'relaying'),
  );
  gauge('published_events', 'Events this process has put on the bus', () => status.eventsPublished);
  gauge(
    'foreign_events',
    'Events of other programs in the store that this process has passed over',
    () => status.foreignEvents,
  );
  gauge('refusals', 'Publishes that the bus did not accept', () => status.refusals);
  gauge(
    'passed_over_messages',
    'Messages on the bus that are not from the relay',
    () => status.messagesPassedOver,
  );
  gauge(
    'bus_filled_ratio',
    'Share of the size of the stream on the bus (max_bytes) that is used; 0 where it has no limit of its own',
    () => status.busFilledRatio ?? 0,
  );
  gauge('repairs', 'Streams and consumers that had to be made or corrected', () => status.repairs);
}
