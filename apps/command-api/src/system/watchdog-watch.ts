import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Injectable, Logger } from '@nestjs/common';
import { BusConnection, NoAnswerError } from '@uplift/bus';
import { decodeHeartbeat, HEARTBEAT_SUBJECT } from '@uplift/contracts';
import { Clock, errorMessage, Health, Metrics } from '@uplift/runtime';

const ASK_MS = 5_000;
const TIMEOUT_MS = 2_000;
/** With the time between two questions it is told within a minute. */
const LONGEST_SILENCE_MS = 45_000;

const IN_WORDS = {
  'no-responder': 'none is running, or none of this version',
  timeout: 'it does not answer',
  denied: 'the NATS server denies this process to ask it',
} as const;

/**
 * Watches the watchdog, which watches all others. While none is at work commands are taken as ever, and the health
 * page says that deadlines may not be enforced.
 */
@Injectable()
export class WatchdogWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('watchdog');
  private readonly abort = new AbortController();
  private readonly onBeat: () => void;
  private watching: Promise<void> = Promise.resolve();
  /** Monotonic time at which one was at work, as far as is known. */
  private seenAt: number;
  private fault = 'it was not asked yet';
  private isTold = false;

  constructor(
    private readonly bus: BusConnection,
    private readonly clock: Clock,
    health: Health,
    metrics: Metrics,
  ) {
    this.seenAt = clock.monotonic();
    this.onBeat = health.loop('watchdog watch');
    health.addDegradation('watchdog', () => this.reason);
    const help = 'Time since a watchdog was known to be at work; more than 45 is an alarm';
    metrics.gauge({ name: 'watchdog_silence_seconds', help }, () => this.silenceMs / 1000);
  }

  onApplicationBootstrap(): void {
    this.watching = this.watch();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.abort.abort();
    await this.watching;
  }

  /** Why deadlines may not be enforced; undefined while they are. */
  get reason(): string | undefined {
    if (this.silenceMs < LONGEST_SILENCE_MS) return undefined;
    const seconds = Math.round(this.silenceMs / 1000);
    return `no watchdog was heard of for ${seconds} s, deadlines may not be enforced: ${this.fault}`;
  }

  private get silenceMs(): number {
    return this.clock.monotonic() - this.seenAt;
  }

  private async watch(): Promise<void> {
    const { signal } = this.abort;
    while (!signal.aborted) {
      this.onBeat();
      await this.ask().catch((error: unknown) => (this.fault = inWords(error)));
      this.tell();
      await this.clock.idle(ASK_MS, signal);
    }
  }

  private async ask(): Promise<void> {
    if (!this.bus.isConnected) throw new Error('the bus is away');
    const options = { headers: {}, timeoutMs: TIMEOUT_MS };
    const { payload } = await this.bus.request(HEARTBEAT_SUBJECT, '', options);
    const heartbeat = decodeHeartbeat(payload);
    if (heartbeat === null) throw new Error('its answer cannot be read');
    const { ageMs, idleBecause } = heartbeat;
    this.fault = idleBecause ?? 'its loop stands still';
    if (idleBecause !== null) return;
    this.seenAt = Math.max(this.seenAt, this.clock.monotonic() - ageMs);
  }

  /** Once when it begins and once when it ends. */
  private tell(): void {
    const { reason } = this;
    const isTold = reason !== undefined;
    if (isTold && !this.isTold) this.logger.warn(reason);
    if (!isTold && this.isTold) this.logger.log('a watchdog is at work again');
    this.isTold = isTold;
  }
}

function inWords(error: unknown): string {
  return error instanceof NoAnswerError ? IN_WORDS[error.reason] : errorMessage(error);
}
