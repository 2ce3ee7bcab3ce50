import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Injectable, Logger } from '@nestjs/common';
import type { AllEventsBatch } from '@uplift/event-store';
import { EventStore } from '@uplift/event-store';
import type { StoredEvent } from '@uplift/contracts';
import { setTimeout as pause } from 'node:timers/promises';

export interface TailListener {
  offer(event: StoredEvent): void;
  close(): void;
}

const RETRY_PAUSE_MS = 250;
const AWAY = 'the event store does not answer';

/** The one live subscription of this process, shared by every client that watches. */
@Injectable()
export class EventTail implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('event-tail');
  private readonly listeners = new Set<TailListener>();
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private markStarted: () => void = () => undefined;
  private readonly started = new Promise<void>((resolve) => (this.markStarted = resolve));
  private isStarted = false;
  private seen = 0n;
  private problem: string | undefined = 'starting';

  constructor(private readonly store: EventStore) {}

  /** Position of the newest event handed on. */
  get position(): bigint {
    return this.seen;
  }

  /** Why nothing is handed on at present; undefined when all is well. */
  get reason(): string | undefined {
    return this.problem;
  }

  get listenerCount(): number {
    return this.listeners.size;
  }

  /** False if the end of the store is still not known after `limitMs`: live cannot be told from missed. */
  hasStarted(limitMs: number): Promise<boolean> {
    const known = this.started.then(() => true);
    return Promise.race([known, pause(limitMs, false, { ref: false })]);
  }

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    for (const listener of this.listeners) listener.close();
    await this.running;
  }

  add(listener: TailListener): void {
    if (this.stopping.signal.aborted) return listener.close();
    this.listeners.add(listener);
  }

  remove(listener: TailListener): void {
    this.listeners.delete(listener);
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      await this.follow().catch((error: unknown) => this.pauseAfter(error));
    }
  }

  private async pauseAfter(error: unknown): Promise<void> {
    const { signal } = this.stopping;
    if (signal.aborted) return;
    if (this.problem !== AWAY) this.logger.warn(error);
    this.problem = AWAY;
    const ms = RETRY_PAUSE_MS * (1 + Math.random());
    await pause(ms, undefined, { signal }).catch(() => undefined);
  }

  private async follow(): Promise<void> {
    if (!this.isStarted) this.seen = (await this.store.lastPosition()) ?? 0n;
    this.isStarted = true;
    this.markStarted();
    const after = this.seen === 0n ? {} : { after: this.seen };
    const batches = this.store.subscribeToAll({ ...after, signal: this.stopping.signal });
    for await (const batch of batches) this.handOn(batch);
  }

  private handOn({ events }: AllEventsBatch): void {
    this.problem = undefined;
    for (const event of events) {
      this.seen = event.position;
      for (const listener of this.listeners) listener.offer(event);
    }
  }
}
