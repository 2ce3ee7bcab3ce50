import { encodeEvent, type BusMessage, type RelayProof, type StoredEvent } from '@uplift/contracts';
import type { MessageLog } from '../message-log';
import type { LoggedMessage } from '../relayed-message';

const EPOCH = 'epoch-1';

/** The stream of a bus, as a list. */
export class InMemoryMessageLog implements MessageLog {
  readonly isConnected = true;
  readonly messages: BusMessage[] = [];
  /** What was asked. */
  readonly reads = { messages: 0, subjects: 0 };
  private readonly removed = new Set<number>();

  /** As the relay publishes them, from the first event of the store on. */
  constructor(events: readonly StoredEvent[] = []) {
    events.forEach((event, n) => this.add(event, { ordinal: n + 1 }));
  }

  add(event: StoredEvent, proof: Omit<RelayProof, 'epoch'> & Partial<RelayProof>): void {
    this.messages.push(encodeEvent(event, { epoch: EPOCH, ...proof }));
  }

  /** The message is gone: by an administrator, or with a block of the disk. */
  remove(...sequences: readonly number[]): void {
    for (const sequence of sequences) this.removed.add(sequence);
  }

  lastSequence(): Promise<number> {
    return Promise.resolve(this.messages.length);
  }

  messageAt(sequence: number): Promise<LoggedMessage | null> {
    this.reads.messages += 1;
    return Promise.resolve(this.first(({ sequence: at }) => at === sequence));
  }

  messageFrom(sequence: number): Promise<LoggedMessage | null> {
    this.reads.messages += 1;
    return Promise.resolve(this.first(({ sequence: at }) => at >= sequence));
  }

  firstWith(subject: string, sequence: number): Promise<LoggedMessage | null> {
    this.reads.subjects += 1;
    return Promise.resolve(
      this.first((each) => each.sequence >= sequence && each.subject === subject),
    );
  }

  private first(holds: (message: LoggedMessage) => boolean): LoggedMessage | null {
    const all = this.messages.map((message, n) => ({ ...message, sequence: n + 1 }));
    return all.find((each) => !this.removed.has(each.sequence) && holds(each)) ?? null;
  }
}
