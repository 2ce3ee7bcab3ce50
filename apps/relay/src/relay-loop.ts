import {
  PublishRun,
  SILENT_SERVER,
  type PublishFailedError,
  type StreamFill,
  type TopologyOptions,
  type TopologyReport,
} from '@uplift/bus';
import { encodeEvent, type RelayProof, type StoredEvent } from '@uplift/contracts';
import {
  AllTail,
  MOST_UNDER_WAY,
  type AllEventsBatch,
  type ForeignMessage,
} from '@uplift/event-store';
import {
  Backoff,
  beatWhile,
  errorKind,
  errorMessage,
  NO_TRACING,
  RepeatedLines,
  type Logger,
  type Tracing,
} from '@uplift/runtime';
import { PublishTraces } from './publish-traces';
import { markOf, type RelayStatus } from './relay-status';
import { findResumePoint, isRelayed, standBy, type RelayContext } from './resume-point';

export interface RelayParts extends RelayContext {
  readonly status: RelayStatus;
  readonly logger: Logger;
  readonly tracing?: Tracing;
  /** What of the topology is not as the table says. */
  readonly topology?: TopologyOptions;
  /** The loop that looks after the topology turns, beside the one that publishes. */
  readonly onKeeperBeat: () => void;
}

/** Between two passes of which the bus has taken nothing. */
const REFUSED = { firstMs: 250, longestMs: 5_000 };
/** Of a message that was not stored, and of those behind it. */
const SILENT_REASONS = ['timeout', 'wrong-sequence'];
/** How often stream and consumers are looked after. */
const KEEP_MS = 2_000;

const AS_WANTED: TopologyReport = { changes: [], differences: [], faults: [] };

/**
 * $all → JetStream, for as long as the process lives. Each pass goes from the last message on the bus to the first
 * publish that is not accepted. Errors are told on the health page and tried again.
 */
export class RelayLoop {
  private readonly tail: AllTail;
  private readonly backoff: Backoff;
  private readonly lines: RepeatedLines;
  private readonly traces: PublishTraces;
  private run: PublishRun | undefined;
  private proof: RelayProof = { ordinal: 0, epoch: '' };
  private lastSequence = 0;
  private streamCreatedAt = '';
  private toldUpTo = 0;
  /** Ends the rest before the next look after the topology. */
  private rest = new AbortController();
  private readonly reports = { stream: AS_WANTED, consumers: AS_WANTED };

  constructor(private readonly parts: RelayParts) {
    const { store, clock, randomness, onBeat, tracing = NO_TRACING } = parts;
    this.traces = new PublishTraces(tracing, clock);
    this.backoff = new Backoff(randomness, REFUSED);
    this.lines = new RepeatedLines(clock);
    this.tail = new AllTail(store, {
      clock,
      randomness,
      onBeat,
      from: (ending) => this.beginPass(ending),
      consume: (batch, ending) => this.publishAll(batch, ending),
      onBreak: (error) => this.onBreak(error),
    });
  }

  /** Why this build is too old for the store, in words; undefined if it is not. */
  get tooOldFor(): string | undefined {
    return this.tail.tooOldFor;
  }

  /** Resolves when `signal` has aborted and what was sent is confirmed or given up. */
  async relay(signal: AbortSignal): Promise<void> {
    this.tail.start();
    // What was away may come back as another bus, which somebody else has filled.
    const forget = this.parts.bus.onReconnect(() => this.tail.resubscribe());
    await this.keepTopology(signal);
    forget();
    await this.tail.stop();
    await this.endPass();
    this.parts.status.mode = 'stopped';
  }

  private async beginPass(ending: AbortSignal): Promise<bigint | null> {
    await this.afterPass(ending);
    const { bus, topology, status } = this.parts;
    this.report('stream', await bus.ensureStream(topology));
    this.rest.abort();
    const { sequence, after, proof, foreign } = await findResumePoint(this.parts, ending);
    if (sequence < this.toldUpTo) this.toldUpTo = 0;
    this.tellOf(foreign);
    const run = new PublishRun(bus, {
      after: sequence,
      maxInFlight: MOST_UNDER_WAY,
      onConfirmed: (confirmed) => this.traces.confirmed(confirmed),
    });
    this.run = run;
    this.proof = proof;
    run.signal.addEventListener('abort', () => {
      if (this.run === run) this.tail.resubscribe();
    });
    status.beginRun(run, proof.ordinal);
    return after;
  }

  /** Returns the run once nothing of it is under way any more. */
  private async endPass(): Promise<PublishRun | undefined> {
    const { run } = this;
    this.run = undefined;
    await run?.settled();
    this.traces.end();
    if (run) this.parts.status.endRun();
    run?.close();
    return run;
  }

  private async afterPass(ending: AbortSignal): Promise<void> {
    const run = await this.endPass();
    if (!run?.failure) return;
    const { failure, confirmedSequence } = run;
    const { status, bus } = this.parts;
    status.refusals += 1;
    if (failure.reason !== 'wrong-sequence') return this.afterRefusal(run, failure, ending);
    const lastSequence = await bus.lastSequence();
    if (lastSequence < confirmedSequence) return;
    // Nobody is there: a message before it was not stored.
    if (lastSequence < failure.sequence) return this.afterRefusal(run, failure, ending);
    this.tellRefusal(failure);
    if (!(await isRelayed(this.parts, failure.sequence))) return;
    status.standBy();
    await standBy(this.parts, ending);
  }

  /** A bus that is full is asked again for as long as it takes, and not more often than it helps. */
  private async afterRefusal(run: PublishRun, failure: PublishFailedError, ending: AbortSignal) {
    const { bus, status, clock } = this.parts;
    this.tellRefusal(failure);
    const isSilent = SILENT_REASONS.includes(failure.reason) && bus.isConnected;
    status.hindered(
      isSilent ? `${failure.message}; the bus answers all else: ${SILENT_SERVER}` : failure.message,
    );
    if (run.hasConfirmed) this.backoff.reset();
    else await beatWhile(clock.idle(this.backoff.next(), ending), this.parts);
  }

  private tellRefusal({ reason, sequence, message }: PublishFailedError): void {
    if (!this.lines.isDue(reason)) return;
    this.parts.logger.info({ reason, sequence }, message);
  }

  /** Messages of others are told once. */
  private tellOf(foreign: readonly ForeignMessage[]): void {
    const { status, logger } = this.parts;
    const untold = foreign.filter(({ sequence }) => sequence > this.toldUpTo).reverse();
    for (const message of untold) {
      logger.warn(message, 'a message on the bus is not from the relay: it is passed over');
    }
    status.messagesPassedOver += untold.length;
    this.toldUpTo = untold.at(-1)?.sequence ?? this.toldUpTo;
  }

  private async publishAll({ events, foreign, caughtUp }: AllEventsBatch, ending: AbortSignal) {
    const { run } = this;
    const { status, onBeat } = this.parts;
    if (!run) return;
    status.foreignEvents += foreign;
    let remaining = events.length;
    for (const event of events) {
      if (run.isFull) {
        await run.room();
        onBeat();
      }
      if (ending.aborted) return;
      this.publish(run, event);
      // Two relays may both meet an empty stream, each with an epoch of its own: the first message decides.
      // No other publish is awaited: messages of one batch leave in few writes to the socket.
      if (this.proof.ordinal === 1) await run.settled();
      remaining -= 1;
      status.holding(remaining, event.recordedAt);
    }
    status.caughtUp = caughtUp;
  }

  private publish(run: PublishRun, event: StoredEvent): void {
    const { ordinal, epoch, ...gap } = this.proof;
    this.proof = { ordinal: ordinal + 1, epoch };
    const message = encodeEvent(event, { ...this.proof, ...gap });
    this.traces.sent(run.publish(message, event.recordedAt), event);
  }

  /** Corrections at once, what stays as it is when it was not told before. */
  private report(of: 'stream' | 'consumers', report: TopologyReport): void {
    const { status, logger } = this.parts;
    const { changes, differences, faults } = report;
    const before = this.reports[of];
    this.reports[of] = report;
    status.repairs += changes.length;
    if (changes.length > 0) logger.warn({ changes }, 'bus repaired');
    const changed = differences.filter((line) => !before.differences.includes(line));
    if (changed.length > 0) logger.info({ differences: changed }, 'the bus is set otherwise');
    const broken = faults.filter((line) => !before.faults.includes(line));
    if (broken.length > 0) logger.error({ faults: broken }, 'the bus cannot be repaired');
    const { stream, consumers } = this.reports;
    status.busDifferences = [...stream.differences, ...consumers.differences];
    status.busFaults = [...stream.faults, ...consumers.faults];
  }

  private onBreak(error: unknown): void {
    const { status, logger } = this.parts;
    const reason = errorMessage(error);
    if (this.lines.isDue(errorKind(error))) logger.warn({ err: error }, 'nothing is published');
    status.hindered(reason, 'stopped');
  }

  private async keepTopology(signal: AbortSignal): Promise<void> {
    const { clock, bus, onKeeperBeat } = this.parts;
    signal.addEventListener('abort', () => this.rest.abort());
    while (!signal.aborted) {
      await clock.idle(KEEP_MS, this.rest.signal);
      this.rest = new AbortController();
      onKeeperBeat();
      if (!signal.aborted && bus.isConnected) await this.lookAfter();
    }
  }

  /** Publishing needs the stream alone: a consumer that does not answer holds it up in nothing. */
  private async lookAfter(): Promise<void> {
    const { bus, logger, topology } = this.parts;
    try {
      await this.lookAfterStream();
      this.report('consumers', await bus.ensureConsumers(topology));
    } catch (error) {
      const isDue = this.lines.isDue('bus could not be looked after');
      if (isDue) logger.warn({ err: error }, 'bus could not be looked after');
    }
  }

  /**
   * A stream that was made anew, or is shorter than it was known to be, has to be filled from the store again. Another
   * relay may have done it already: then the epoch is another one.
   */
  private async lookAfterStream(): Promise<void> {
    const { bus, topology } = this.parts;
    const report = await bus.ensureStream(topology);
    const known = Math.max(this.lastSequence, this.run?.confirmedSequence ?? 0);
    const fill = await bus.streamFill();
    this.lastSequence = fill.lastSequence;
    const isAnother = fill.createdAt !== this.streamCreatedAt && this.streamCreatedAt !== '';
    this.streamCreatedAt = fill.createdAt;
    this.noteFill(fill);
    this.report('stream', report);
    const isMadeAnew = isAnother || report.changes.length > 0;
    if (fill.lastSequence < known || isMadeAnew) this.tail.resubscribe();
  }

  private noteFill(fill: StreamFill): void {
    const { status, logger } = this.parts;
    const before = markOf(status) ?? 0;
    status.busFill = fill;
    const mark = markOf(status) ?? 0;
    if (mark > before) logger.warn({ ...fill }, `${mark * 100} % of the bus are used`);
  }
}
