import { EventStoreUnavailableError } from './event-store.port';

/**
 * Reads of the same thing at the same time: one under way, and one more for all who have come meanwhile. It begins
 * after they came, so that each sees what was there when it asked. A store that does not answer the one under way is
 * not asked again for those who wait.
 */
export class SharedReads<Value> {
  private readonly underWay = new Map<string, Promise<Value>>();
  private readonly waiting = new Map<string, Promise<Value>>();

  read(key: string, read: () => Promise<Value>): Promise<Value> {
    const shared = this.waiting.get(key);
    if (shared) return shared;
    const current = this.underWay.get(key);
    if (!current) return this.begin(key, read);
    const begin = () => {
      this.waiting.delete(key);
      return this.begin(key, read);
    };
    const next = current.then(begin, (error: unknown) => {
      if (!(error instanceof EventStoreUnavailableError)) return begin();
      this.waiting.delete(key);
      throw error;
    });
    this.waiting.set(key, next);
    return next;
  }

  private begin(key: string, read: () => Promise<Value>): Promise<Value> {
    const reading = read().finally(() => {
      if (this.underWay.get(key) === reading) this.underWay.delete(key);
    });
    this.underWay.set(key, reading);
    return reading;
  }
}
