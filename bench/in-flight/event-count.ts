import type { NatsBusConnection } from '@uplift/bus';
import { eventTypeFilter } from '@uplift/contracts';
import type { InstanceEventType } from '@uplift/domain';

/** Longest time without any of the awaited events. */
const SILENCE_LIMIT_MS = 300_000;

/** Counts the events of one type as they come to the bus. */
export class EventCount {
  private count = 0;
  private wanted = Number.POSITIVE_INFINITY;
  private finish: (() => void) | undefined;
  private readonly subscription;

  constructor(
    bus: NatsBusConnection,
    private readonly type: InstanceEventType,
  ) {
    this.subscription = bus.nats.subscribe(eventTypeFilter('instance', type), {
      callback: () => this.add(),
    });
  }

  get value(): number {
    return this.count;
  }

  /** Resolves when there were so many since the beginning. Throws when none comes any more. */
  async reached(wanted: number): Promise<void> {
    this.wanted = wanted;
    if (this.count >= wanted) return;
    const done = new Promise<true>((resolve) => (this.finish = () => resolve(true)));
    for (let before = -1; before < this.count;) {
      before = this.count;
      if (await Promise.race([done, quietFor(SILENCE_LIMIT_MS)])) return;
    }
    const seconds = SILENCE_LIMIT_MS / 1_000;
    throw new Error(`${this.count} of ${wanted} ${this.type} came, then none for ${seconds} s`);
  }

  close(): void {
    this.subscription.unsubscribe();
  }

  private add(): void {
    this.count += 1;
    if (this.count >= this.wanted) this.finish?.();
  }
}

function quietFor(ms: number): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), ms).unref());
}
