import type { StoredEvent } from '@uplift/contracts';

/** All events in store order, and a way to wait for more. */
export class InMemoryLog {
  private readonly events: StoredEvent[] = [];
  private readonly sleepers = new Set<() => void>();

  get length(): number {
    return this.events.length;
  }

  get last(): StoredEvent | undefined {
    return this.events.at(-1);
  }

  push(event: StoredEvent): void {
    this.events.push(event);
  }

  slice(from: number, count: number): readonly StoredEvent[] {
    return this.events.slice(from, from + count);
  }

  indexAfter(position: bigint): number {
    const index = this.events.findIndex((event) => event.position > position);
    return index < 0 ? this.events.length : index;
  }

  /** Resolves when `wake` is called or `signal` aborts. */
  more(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const awake = () => {
        this.sleepers.delete(awake);
        signal?.removeEventListener('abort', awake);
        resolve();
      };
      this.sleepers.add(awake);
      signal?.addEventListener('abort', awake);
    });
  }

  wake(): void {
    for (const awake of [...this.sleepers]) awake();
  }
}
