import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Health, HealthReport } from '../health/health';
import type { CancelTimer, Clock } from '../time/clock';

const LONGEST_PAUSE_MS = 1_000;
const LOOKS_PER_LIMIT = 20;
/** The thread holds next to nothing. */
const THREAD_MEMORY = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 };

export interface BeatGuardOptions {
  readonly health: Health;
  readonly clock: Clock;
  /** A loop without a beat for this long ends the process. */
  readonly limitMs: number;
  /** Called once it is known which loops have not beaten. */
  readonly onStandstill: (reasons: HealthReport['reasons']) => void;
}

/** What the thread beside the event loop needs to know. */
export interface WatchedEventLoop {
  readonly service: string;
  readonly limitMs: number;
  readonly pauseMs: number;
  /** One number: how often the event loop has turned. */
  readonly turns: Int32Array;
}

/**
 * Looks after the beats of all loops. A supervisor such as Docker Compose restarts only what ends, so a process with a
 * loop that hangs has to end. A thread of its own looks after the event loop, which all loops and this guard share.
 */
export class BeatGuard {
  readonly turns = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly pauseMs: number;
  private readonly stopLooking: CancelTimer;
  private lookedAt: number;
  private thread: Worker | undefined;

  constructor(private readonly options: BeatGuardOptions) {
    const { clock, limitMs } = options;
    this.pauseMs = Math.min(LONGEST_PAUSE_MS, limitMs / LOOKS_PER_LIMIT);
    this.lookedAt = clock.monotonic();
    this.stopLooking = clock.every(this.pauseMs, () => this.look());
  }

  /** Ends the process from beside when its event loop stands still. */
  watchEventLoop(service: string): void {
    const { turns, pauseMs } = this;
    const { limitMs } = this.options;
    const workerData: WatchedEventLoop = { service, limitMs, pauseMs, turns };
    this.thread = new Worker(join(__dirname, 'beat-guard.thread.js'), {
      workerData,
      execArgv: ['--no-warnings'],
      resourceLimits: THREAD_MEMORY,
    });
    this.thread.unref();
  }

  async stop(): Promise<void> {
    this.stopLooking();
    await this.thread?.terminate();
  }

  private look(): void {
    const { clock, health, onStandstill } = this.options;
    Atomics.add(this.turns, 0, 1);
    const now = clock.monotonic();
    const lost = now - this.lookedAt - this.pauseMs;
    this.lookedAt = now;
    if (lost > this.pauseMs) health.excuse(lost);
    const { ok, reasons } = health.liveness();
    if (!ok) onStandstill(reasons);
  }
}
