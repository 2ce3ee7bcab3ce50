import { EVENT_CATEGORIES } from '@uplift/contracts';
import type { AllTailOptions, EventStore } from '@uplift/event-store';
import { AllTail } from '@uplift/event-store';
import type { CancelTimer, Clock, Health } from '@uplift/runtime';
import { EventReplay } from './event-watch';

/** Every type that this build knows. */
export const KNOWN_TYPES: readonly string[] = [
  ...new Set(Object.values(EVENT_CATEGORIES).flatMap(({ schemas }) => Object.keys(schemas))),
];

/** After the last client has gone: one that comes again finds everything as it was. */
const LINGER_MS = 30_000;
const LOOP = 'watched events';

export interface FollowedEvents {
  readonly tail: AllTail;
  readonly replay: EventReplay;
  /** To be called once. */
  readonly leave: () => void;
}

/** The events as they happen, read once for all clients, and only while there are any. */
export class WatchedEvents {
  private readonly replay: EventReplay;
  private tail: AllTail | null = null;
  private clients = 0;
  private cancelEnd: CancelTimer = () => undefined;
  private isStopped = false;

  constructor(
    private readonly store: EventStore,
    private readonly options: AllTailOptions,
    private readonly ports: { readonly clock: Clock; readonly health: Health },
  ) {
    this.replay = new EventReplay(store);
  }

  /** Why this build is too old for what it has read, in words. */
  get tooOldFor(): string | undefined {
    return this.tail?.tooOldFor;
  }

  /** Whether the store has come to a position. */
  async hasReached(position: bigint): Promise<boolean> {
    const last = await this.store.lastPosition();
    return last !== null && position <= last;
  }

  join(): FollowedEvents {
    this.cancelEnd();
    this.clients += 1;
    this.tail ??= this.begin();
    return { tail: this.tail, replay: this.replay, leave: () => this.leave() };
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.cancelEnd();
    await this.end();
  }

  private begin(): AllTail {
    const onBeat = this.ports.health.loop(LOOP);
    const tail = new AllTail(this.store, { ...this.options, from: 'end', onBeat });
    if (this.isStopped) void tail.stop();
    else tail.start();
    return tail;
  }

  private leave(): void {
    this.clients -= 1;
    if (this.clients > 0 || this.isStopped) return;
    this.cancelEnd = this.ports.clock.after(LINGER_MS, () => void this.end());
  }

  private async end(): Promise<void> {
    const { tail } = this;
    if (tail === null) return;
    this.tail = null;
    await tail.stop();
    // It beats until then; another one may have begun.
    if (this.tail === null) this.ports.health.endLoop(LOOP);
  }
}
