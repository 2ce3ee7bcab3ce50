import type { LoggedMessage } from './relayed-message';

/** The stream of the bus, read message by message. */
export interface MessageLog {
  lastSequence(): Promise<number>;
  messageAt(sequence: number): Promise<LoggedMessage | null>;
  /** The first message at the sequence or behind it. */
  messageFrom(sequence: number): Promise<LoggedMessage | null>;
  /** The first message with this subject at the sequence or behind it. */
  firstWith(subject: string, sequence: number): Promise<LoggedMessage | null>;
}

/** Messages read at once. */
const READ_AHEAD = 64;

/** The newest message up to the sequence; null if all of them are gone. A hole costs few reads, however long it is. */
export async function messageUpTo(
  log: MessageLog,
  sequence: number,
): Promise<LoggedMessage | null> {
  let found = sequence > 0 ? await log.messageAt(sequence) : null;
  let [from, known] = [sequence, sequence];
  const search = async (at: number) => {
    const message = await log.messageFrom(at);
    return message !== null && message.sequence <= sequence ? message : null;
  };
  for (let span = 1; found === null && from > 1; span *= 2) {
    known = from;
    from = Math.max(1, sequence - span);
    found = await search(from);
  }
  while (found !== null && found.sequence + 1 < known) {
    const middle = Math.ceil((found.sequence + known) / 2);
    const newer = await search(middle);
    if (newer === null) known = middle;
    else found = newer;
  }
  return found;
}

/** Reads messages from the back, some ahead. */
export class BackwardReader {
  private readonly ahead = new Map<number, Promise<LoggedMessage | null>>();

  constructor(private readonly log: MessageLog) {}

  at(sequence: number): Promise<LoggedMessage | null> {
    if (!this.ahead.has(sequence)) this.readFrom(sequence);
    return this.ahead.get(sequence) ?? Promise.resolve(null);
  }

  private readFrom(sequence: number): void {
    const most = Math.min(READ_AHEAD, (this.ahead.size || 1) * 4);
    this.ahead.clear();
    for (let n = sequence; n > Math.max(0, sequence - most); n -= 1) {
      const reading = this.log.messageAt(n);
      reading.catch(() => undefined);
      this.ahead.set(n, reading);
    }
  }
}
