import type {
  Actor,
  EventCategory,
  EventIn,
  StoredEvent,
  UnreadableReason,
} from '@uplift/contracts';
import {
  eventVersion,
  SYSTEM_STREAM,
  toDomainEvent,
  toRecordedSystemEvent,
  unreadableReason,
} from '@uplift/contracts';
import type {
  CommandPage,
  Decider,
  SystemCommand,
  SystemEvent,
  SystemState,
  SystemView,
} from '@uplift/domain';
import { ALL_STARTS_ALLOWED, evolveSystemView, systemDecider } from '@uplift/domain';
import { errorMessage } from '@uplift/runtime';
import { deterministicEventId } from './event-id';
import { SharedReads } from './shared-reads';
import { headOf, loadOrEmpty, NO_STREAM } from './event-store.port';
import type { Appended, EventStore, EventToAppend, StreamHead } from './event-store.port';
import type { StreamMemory } from './stream-memory';
import { NO_MEMORY, placesOf, remember } from './stream-memory';

/** Why and by whom events are appended. */
export interface Cause {
  /** Id of the event or command that led here. */
  readonly causationId: string;
  /** Names the decision: with the causation id it fixes the ids of its events. */
  readonly step: string;
  readonly correlationId: string;
  readonly actor: Actor;
  readonly traceparent?: string;
  readonly commandFingerprint?: string;
}

/** What a stream says after some event of it. */
export interface Known<State> {
  readonly state: State;
  readonly head: StreamHead;
  /** Of the event at the head; 0 for a stream that is not there. */
  readonly position: bigint;
}

/** The same, with what is remembered of all events up to there. */
export interface Remembered<State> extends Known<State> {
  readonly memory: StreamMemory;
}

/** A stream up to its end, as it was read. */
export interface Loaded<State, Event> extends Remembered<State> {
  /** The last ones at least: those before are in state and memory. */
  readonly events: readonly StoredEvent[];
  /** The same events in the domain's terms. */
  readonly decoded: readonly Event[];
}

interface Unreadable {
  readonly reason: UnreadableReason;
  readonly detail: string;
}

/** One of our events cannot be read: the stream is left as it is until a person, or a newer build, has looked. */
export class UnreadableHistoryError extends Error {
  readonly code = 'unreadable-history';
  readonly stream: string;
  readonly revision: number;
  readonly eventId: string;
  readonly reason: UnreadableReason;
  readonly detail: string;

  constructor(
    { stream, revision, id }: Pick<StoredEvent, 'id' | 'stream' | 'revision'>,
    unreadable: Unreadable,
    options?: ErrorOptions,
  ) {
    const { reason, detail } = unreadable;
    super(`Event ${id} at ${stream}@${revision} cannot be read (${reason}): ${detail}`, options);
    this.stream = stream;
    this.revision = revision;
    this.eventId = id;
    this.reason = reason;
    this.detail = detail;
  }
}

export function missing(stored: StoredEvent, expected: number): UnreadableHistoryError {
  const detail = `revision ${expected} is missing before it`;
  return new UnreadableHistoryError(stored, { reason: 'broken-chain', detail });
}

/** Reads and writes the streams of one category in the domain's terms. */
export class StreamHistory<Command, State, Category extends EventCategory> {
  private readonly loads = new SharedReads<Loaded<State, EventIn<Category>>>();

  constructor(
    protected readonly store: EventStore,
    /** Process kind that goes into the metadata, for example `stage-workers`. */
    protected readonly service: string,
    private readonly category: Category,
    readonly decider: Decider<Command, State, EventIn<Category>>,
  ) {}

  /**
   * State, head and events; a stream that does not exist is an empty history, not an error.
   * Throws UnreadableHistoryError and StreamGoneError.
   */
  load(stream: string): Promise<Loaded<State, EventIn<Category>>> {
    return this.loads.read(stream, () => this.loadAlone(stream));
  }

  /**
   * Where the stream ended a short while ago, if this process knows it. It may be old: an append there tells, and nobody is
   * refused or answered by it.
   */
  newestKnown(_stream: string): Remembered<State> | undefined {
    return undefined;
  }

  protected async loadAlone(stream: string): Promise<Loaded<State, EventIn<Category>>> {
    return this.fold(this.nothing, await loadOrEmpty(this.store, stream));
  }

  /** Of a stream without events. */
  protected get nothing(): Remembered<State> {
    const state = this.decider.initialState;
    return { state, head: NO_STREAM, position: 0n, memory: NO_MEMORY };
  }

  /** What a stream says after the events that follow on what is known of it. */
  protected fold(
    known: Remembered<State>,
    events: readonly StoredEvent[],
  ): Loaded<State, EventIn<Category>> {
    const decoded: EventIn<Category>[] = [];
    let { state, memory } = known;
    for (const [n, stored] of events.entries()) {
      const expected = known.head.revision + 1 + n;
      if (stored.revision !== expected) throw missing(stored, expected);
      const event = this.read(stored);
      state = this.follow(state, event, stored);
      memory = remember(memory, stored);
      decoded.push(event);
    }
    const last = events.at(-1);
    const { head, position } = last ? { head: headOf(events), position: last.position } : known;
    return { state, head, position, memory, events, decoded };
  }

  /**
   * What the stream said after the last event of a command; undefined if the command left none. The event is the last of
   * those that are handed back.
   */
  async findCommand(
    stream: string,
    { memory }: Remembered<State>,
    commandId: string,
  ): Promise<Loaded<State, EventIn<Category>> | undefined> {
    for await (const revision of this.placesOf(commandId, stream, memory.commands)) {
      const then = await this.loadUpTo(stream, revision);
      if (then.events.at(-1)?.metadata.$causationId === commandId) return then;
    }
    return undefined;
  }

  private async *placesOf(commandId: string, stream: string, commands: CommandPage) {
    for await (const page of this.pagesOf(stream, commands)) yield* placesOf(commandId, page);
  }

  /** As `load` gave it when that event was the last. */
  protected async loadUpTo(
    stream: string,
    revision: number,
  ): Promise<Loaded<State, EventIn<Category>>> {
    const events = await loadOrEmpty(this.store, stream);
    return this.fold(this.nothing, events.slice(0, revision + 1));
  }

  /** Newest first. */
  protected async *pagesOf(_stream: string, { page }: CommandPage): AsyncGenerator<string> {
    yield await Promise.resolve(page);
  }

  private read(stored: StoredEvent): EventIn<Category> {
    try {
      return toDomainEvent(this.category, stored);
    } catch (cause) {
      const unreadable = unreadableReason(stored);
      if (unreadable === null) throw cause;
      throw new UnreadableHistoryError(stored, unreadable, { cause });
    }
  }

  /** The state after one more event. */
  protected follow(before: State, event: EventIn<Category>, stored: StoredEvent): State {
    try {
      return this.decider.evolve(before, event);
    } catch (cause) {
      const detail = errorMessage(cause);
      throw new UnreadableHistoryError(stored, { reason: 'illegal-step', detail }, { cause });
    }
  }

  /** The events behind one of them, as far as the stream was loaded. */
  async eventsAfter(
    stream: string,
    { revision }: StreamHead,
    { events, head }: Loaded<State, unknown>,
  ): Promise<readonly StoredEvent[]> {
    const [first] = events;
    const areLoaded = head.revision <= revision || (first && first.revision <= revision + 1);
    const news = areLoaded ? events : await this.store.load(stream, revision + 1);
    return news.filter((each) => each.revision > revision && each.revision <= head.revision);
  }

  /** The newest event alone; null for a stream that is not there. */
  last(stream: string): Promise<StoredEvent | null> {
    return this.store.lastOf(stream);
  }

  /** Appends the events of one decision, all or none, right after `head`. */
  append(
    stream: string,
    head: StreamHead,
    events: readonly EventIn<Category>[],
    cause: Cause,
  ): Promise<Appended> {
    return this.store.append(stream, head, this.toAppend(events, cause));
  }

  /** The same, right after what the decision was made on. */
  appendTo(
    stream: string,
    { head }: Known<State>,
    events: readonly EventIn<Category>[],
    cause: Cause,
  ): Promise<Appended> {
    return this.append(stream, head, events, cause);
  }

  protected toAppend(
    events: readonly EventIn<Category>[],
    { causationId, step, correlationId, ...rest }: Cause,
  ): EventToAppend[] {
    const metadata = {
      ...rest,
      $correlationId: correlationId,
      $causationId: causationId,
      service: this.service,
    };
    return events.map(({ type, data }, n) => ({
      id: deterministicEventId(causationId, step, n),
      ...{ type, data },
      metadata: { ...metadata, schemaVersion: eventVersion(this.category, type) },
    }));
  }
}

/** Reads and writes the switches of all starts. */
export class SystemHistory {
  readonly streams: StreamHistory<SystemCommand, SystemState, 'system'>;

  constructor(store: EventStore, service: string) {
    this.streams = new StreamHistory(store, service, 'system', systemDecider);
  }

  /** One read of the stream; without one nothing is stopped. */
  load(): Promise<Loaded<SystemState, SystemEvent>> {
    return this.streams.load(SYSTEM_STREAM);
  }

  append(head: StreamHead, events: readonly SystemEvent[], cause: Cause): Promise<Appended> {
    return this.streams.append(SYSTEM_STREAM, head, events, cause);
  }

  /** Who stopped what, why and since when, by one read of the stream. */
  async view(): Promise<SystemView> {
    const { events } = await this.load();
    return events
      .map(toRecordedSystemEvent)
      .reduce<SystemView>(evolveSystemView, ALL_STARTS_ALLOWED);
  }
}
