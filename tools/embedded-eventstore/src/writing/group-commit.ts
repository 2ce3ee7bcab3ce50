import { setImmediate } from 'node:timers/promises';
import type { LogRecord } from '../log/log-record';
import type { RecordLog } from '../log/record-log.port';

export interface CommitListener {
  committed(records: readonly LogRecord[]): void;
  /** Everything queued was checked against a state that now never comes to be. */
  commitFailed(error: unknown): void;
}

interface Waiter {
  readonly position: number;
  readonly resolve: () => void;
}

/** Collects records while the previous commit runs, then writes all of them in one. */
export class GroupCommit {
  private queue: LogRecord[] = [];
  private waiters: Waiter[] = [];
  private running: Promise<void> | undefined;

  constructor(
    private readonly log: RecordLog,
    private readonly listener: CommitListener,
  ) {}

  enqueue(records: readonly LogRecord[]): void {
    this.queue.push(...records);
    this.running ??= this.run();
  }

  /** Resolves when the record at `position` is durable. */
  durable(position: number): Promise<void> {
    if (position <= this.log.lastPosition) return Promise.resolve();
    return new Promise((resolve) => this.waiters.push({ position, resolve }));
  }

  async idle(): Promise<void> {
    await this.running;
  }

  private async run(): Promise<void> {
    try {
      // Appends that arrive in the same turn of the event loop share the first commit.
      await setImmediate();
      while (this.queue.length > 0) await this.commitQueued();
      this.running = undefined;
    } catch (error) {
      this.listener.commitFailed(error);
    }
  }

  private async commitQueued(): Promise<void> {
    const records = this.queue;
    this.queue = [];
    await this.log.commit(records);
    const last = this.log.lastPosition;
    const due = this.waiters.filter(({ position }) => position <= last);
    this.waiters = this.waiters.filter(({ position }) => position > last);
    for (const { resolve } of due) resolve();
    this.listener.committed(records);
  }
}
