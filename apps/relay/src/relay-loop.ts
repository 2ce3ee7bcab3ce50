import { setTimeout } from 'node:timers/promises';
import {
  ensureTopology,
  type BusConnection,
  type EventPublisher,
  type TopologyOptions,
} from '@uplift/bus';
import type { EventStore } from '@uplift/event-store';
import type { Logger } from '@uplift/runtime';
import { assertRelayed, DivergedError } from './resume-point';
import { RelayPass, type PassEnd } from './relay-pass';
import type { RelayStatus } from './relay-status';
import { standBy } from './standby';

export interface RelayParts {
  readonly bus: BusConnection;
  readonly store: EventStore;
  readonly publisher: EventPublisher;
  readonly status: RelayStatus;
  readonly logger: Logger;
  /** What of the topology is not as the table says. */
  readonly topology?: TopologyOptions;
  /** The loop lives; called at least every few seconds, also while nothing happens. */
  readonly onBeat: () => void;
}

/** Pause before trying again after an error. */
const RETRY_MS = 500;
/** How often stream and consumers are looked after. */
const KEEP_MS = 2_000;

/** $all → JetStream, for as long as the process lives. Errors are told on the health page and tried again. */
export class RelayLoop {
  private pass = new AbortController();
  private lastSequence = 0;
  private diverged: DivergedError | undefined;

  constructor(private readonly parts: RelayParts) {}

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.relay(signal), this.keepTopology(signal)]);
    this.parts.status.mode = 'stopped';
  }

  private async relay(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.onePass(signal).catch((error: unknown) => this.afterError(error, signal));
    }
  }

  private async onePass(signal: AbortSignal): Promise<void> {
    if (this.diverged) throw this.diverged;
    await ensureTopology(this.parts.bus, this.parts.topology);
    this.pass = new AbortController();
    const end = await RelayPass.run(this.parts, AbortSignal.any([signal, this.pass.signal]));
    await this.afterPass(end, signal);
  }

  private async afterPass({ failure, sequence }: PassEnd, signal: AbortSignal): Promise<void> {
    if (!failure) return;
    const { status, logger, store, publisher, onBeat } = this.parts;
    status.refusals += 1;
    logger.info({ reason: failure.reason, sequence: failure.sequence }, failure.message);
    if (failure.reason !== 'wrong-sequence') {
      if (failure.reason !== 'timeout') throw failure;
      return;
    }
    if ((await publisher.lastSequence()) < sequence) return;
    await this.assertRelayed(failure.sequence);
    status.mode = 'standby';
    await standBy({ store, publisher, signal, onLook: onBeat });
  }

  /** What follows a foreign message looks right again, so this is remembered until the process is restarted. */
  private async assertRelayed(sequence: number): Promise<void> {
    try {
      await assertRelayed(this.parts.publisher, sequence);
    } catch (error) {
      if (error instanceof DivergedError) this.diverged = error;
      throw error;
    }
  }

  private async afterError(error: unknown, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { status, logger } = this.parts;
    const reason = error instanceof Error ? error.message : String(error);
    if (reason !== status.reason) logger.warn({ err: error }, 'nothing is published');
    status.mode = 'stopped';
    status.reason = reason;
    await pause(RETRY_MS, signal);
  }

  private async keepTopology(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(KEEP_MS, signal);
      this.parts.onBeat();
      if (!signal.aborted && this.parts.bus.isConnected) await this.lookAfter();
    }
  }

  /** A stream that was made anew, or is shorter than it was, has to be filled from the store again. */
  private async lookAfter(): Promise<void> {
    const { bus, publisher, status, logger, topology } = this.parts;
    try {
      const changes = await ensureTopology(bus, topology);
      const sequence = await publisher.lastSequence();
      const shrunk = sequence < this.lastSequence;
      this.lastSequence = sequence;
      if (changes.length > 0) {
        status.repairs += changes.length;
        logger.warn({ changes }, 'bus repaired');
      }
      if (shrunk || changes.some((change) => change.startsWith('stream'))) this.pass.abort();
    } catch (error) {
      logger.warn({ err: error }, 'bus could not be looked after');
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => undefined);
}
