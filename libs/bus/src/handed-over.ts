import { CLOUD_EVENT_HEADERS, EVENT_HEADERS, type StoredEvent } from '@uplift/contracts';
import { HEADER_BYTES, type Delivery } from './bus-connection.port';

/** Work on one event. */
export interface Work {
  /** Of what was handed over ahead of it: null until it comes. */
  message: Delivery | null;
  /** Of the event, while its handler runs. */
  readonly bytes: number;
  /** Of an event that was handed over; null: its message came first. */
  readonly place: string | null;
}

interface Entry {
  readonly eventId: string;
  readonly epoch: string;
  /** Null once it is done. */
  readonly work: Work | null;
}

/** Far more than come in before the messages of those that were done first. */
const MOST_DONE = 4_096;

/**
 * Events that were handed over inside this process ahead of their messages. Of those that are done the oldest are
 * forgotten: their messages are then handled like any other.
 */
export class HandedOver {
  private readonly running = new Map<string, Entry>();
  private readonly done = new Map<string, Entry>();

  constructor(private readonly most = MOST_DONE) {}

  has(event: StoredEvent): boolean {
    const place = placeOf(event);
    return this.running.has(place) || this.done.has(place);
  }

  begin(event: StoredEvent, epoch: string, work: Work): void {
    this.running.set(placeOf(event), { eventId: event.id, epoch, work });
  }

  /** What is not done is left to its message. */
  end({ place, message }: Work, isDone: boolean): void {
    const entry = place === null ? undefined : this.running.get(place);
    if (entry === undefined || place === null) return;
    this.running.delete(place);
    if (!isDone || message !== null) return;
    this.done.set(place, { ...entry, work: null });
    const [oldest] = this.done.keys();
    if (this.done.size > this.most && oldest !== undefined) this.done.delete(oldest);
  }

  /** The work that is under way on what the message tells of. */
  workOn(message: Delivery): Work | null {
    return find(this.running, message)?.work ?? null;
  }

  /** Whether what the message tells of is done; for the first message of it alone. */
  takeDone(message: Delivery): true | null {
    if (find(this.done, message) === null) return null;
    this.done.delete(placeIn(message));
    return true;
  }
}

/** Null too for a message of another event at the same place, or of another filling of the bus. */
function find(entries: ReadonlyMap<string, Entry>, message: Delivery): Entry | null {
  if (entries.size === 0) return null;
  const entry = entries.get(placeIn(message));
  const isSame =
    entry?.eventId === message.headers[CLOUD_EVENT_HEADERS.id] &&
    entry?.epoch === message.headers[EVENT_HEADERS.epoch];
  return isSame ? (entry ?? null) : null;
}

/** About as many as its message has. */
export function bytesOf({ data }: StoredEvent): number {
  return Buffer.byteLength(JSON.stringify(data)) + HEADER_BYTES;
}

export function placeOf({ stream, revision }: StoredEvent): string {
  return `${stream}@${revision}`;
}

function placeIn({ headers }: Delivery): string {
  return `${headers[EVENT_HEADERS.stream]}@${headers[EVENT_HEADERS.streamRevision]}`;
}
