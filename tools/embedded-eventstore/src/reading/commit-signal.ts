import type { LogRecord } from '../log/log-record';

const EVERY_STREAM = Symbol('every stream');
type Topic = string | typeof EVERY_STREAM;

/** Wakes live readers after each commit: those of `$all`, and those of the streams written to. */
export class CommitSignal {
  private readonly listeners = new Map<Topic, Set<() => void>>();

  /** Returns how to stop listening. */
  onCommit(stream: string | undefined, listener: () => void): () => void {
    const topic = stream ?? EVERY_STREAM;
    const listeners = this.listeners.get(topic) ?? new Set();
    this.listeners.set(topic, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.listeners.get(topic) === listeners) {
        this.listeners.delete(topic);
      }
    };
  }

  committed(records: readonly LogRecord[]): void {
    const topics = new Set<Topic>([EVERY_STREAM]);
    for (const { stream } of records) topics.add(stream);
    for (const topic of topics) {
      for (const listener of this.listeners.get(topic) ?? []) listener();
    }
  }
}
