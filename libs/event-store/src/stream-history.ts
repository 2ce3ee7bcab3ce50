import type {
  Actor,
  EventCategory,
  EventIn,
  StoredEvent,
  UnreadableReason,
} from '@uplift/contracts';
import {
  EVENT_CATEGORIES,
  instanceStream,
  SYSTEM_STREAM,
  toDomainEvent,
  toRecordedSystemEvent,
  unreadableReason,
} from '@uplift/contracts';
import type {
  Decider,
  InstanceCommand,
  InstanceEvent,
  InstanceState,
  SystemCommand,
  SystemEvent,
  SystemState,
  SystemView,
} from '@uplift/domain';
import {
  ALL_STARTS_ALLOWED,
  evolveSystemView,
  instanceDecider,
  systemDecider,
} from '@uplift/domain';
import { errorMessage } from '@uplift/runtime';
import { deterministicEventId } from './event-id';
import { SharedReads } from './shared-reads';
import { headOf, loadOrEmpty } from './event-store.port';
import type { Appended, EventStore, StreamHead } from './event-store.port';

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

/** A stream as the whole of it tells. */
export interface Loaded<State, Event> extends Known<State> {
  readonly events: readonly StoredEvent[];
  /** The same events in the domain's terms. */
  readonly decoded: readonly Event[];
}

export type KnownInstance = Known<InstanceState>;
export type LoadedInstance = Loaded<InstanceState, InstanceEvent>;

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
    { stream, revision, id }: StoredEvent,
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

function missing(stored: StoredEvent, expected: number): UnreadableHistoryError {
  const detail = `revision ${expected} is missing before it`;
  return new UnreadableHistoryError(stored, { reason: 'broken-chain', detail });
}

/** Reads and writes the streams of one category in the domain's terms. */
export class StreamHistory<Command, State, Category extends EventCategory> {
  private readonly loads = new SharedReads<Loaded<State, EventIn<Category>>>();

  constructor(
    private readonly store: EventStore,
    /** Process kind that goes into the metadata, for example `stage-workers`. */
    private readonly service: string,
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

  private async loadAlone(stream: string): Promise<Loaded<State, EventIn<Category>>> {
    const events = await loadOrEmpty(this.store, stream);
    const decoded: EventIn<Category>[] = [];
    let state = this.decider.initialState;
    for (const [n, stored] of events.entries()) {
      if (stored.revision !== n) throw missing(stored, n);
      const event = this.read(stored);
      state = this.follow(state, event, stored);
      decoded.push(event);
    }
    const position = events.at(-1)?.position ?? 0n;
    return { state, head: headOf(events), position, events, decoded };
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

  private follow(before: State, event: EventIn<Category>, stored: StoredEvent): State {
    try {
      return this.decider.evolve(before, event);
    } catch (cause) {
      const detail = errorMessage(cause);
      throw new UnreadableHistoryError(stored, { reason: 'illegal-step', detail }, { cause });
    }
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
    const { causationId, step, correlationId, ...rest } = cause;
    const metadata = {
      ...rest,
      $correlationId: correlationId,
      $causationId: causationId,
      service: this.service,
      schemaVersion: EVENT_CATEGORIES[this.category].version,
    };
    return this.store.append(
      stream,
      head,
      events.map(({ type, data }, n) => ({
        id: deterministicEventId(causationId, step, n),
        type,
        data,
        metadata,
      })),
    );
  }
}

/** Reads and writes the stream of one instance. */
export class InstanceHistory {
  readonly streams: StreamHistory<InstanceCommand, InstanceState, 'instance'>;

  constructor(store: EventStore, service: string) {
    this.streams = new StreamHistory(store, service, 'instance', instanceDecider);
  }

  /** An unregistered instance is absent, not an error. */
  load(instanceId: string): Promise<LoadedInstance> {
    return this.streams.load(instanceStream(instanceId));
  }

  /** The newest event alone; null for an instance that is not registered. */
  last(instanceId: string): Promise<StoredEvent | null> {
    return this.streams.last(instanceStream(instanceId));
  }

  append(
    instanceId: string,
    head: StreamHead,
    events: readonly InstanceEvent[],
    cause: Cause,
  ): Promise<Appended> {
    return this.streams.append(instanceStream(instanceId), head, events, cause);
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
