import type { Actor, StoredEvent } from '@uplift/contracts';
import { INSTANCE_SCHEMA_VERSION, instanceStream, toInstanceEvent } from '@uplift/contracts';
import type { InstanceEvent, InstanceState } from '@uplift/domain';
import { evolve, INITIAL_STATE } from '@uplift/domain';
import { deterministicEventId } from './event-id';
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

/** One instance after some event of its stream. */
export interface KnownInstance {
  readonly state: InstanceState;
  readonly head: StreamHead;
  /** Of the event at the head; 0 for an instance that is not there. */
  readonly position: bigint;
}

/** One instance as its whole stream tells it. */
export interface LoadedInstance extends KnownInstance {
  readonly events: readonly StoredEvent[];
  /** The same events in the domain's terms. */
  readonly decoded: readonly InstanceEvent[];
}

/** Reads and writes the stream of one instance in the domain's terms. */
export class InstanceHistory {
  constructor(
    private readonly store: EventStore,
    /** Process kind that goes into the metadata, for example `stage-workers`. */
    private readonly service: string,
  ) {}

  /** State, head and events; an unregistered instance is absent, not an error. */
  async load(instanceId: string): Promise<LoadedInstance> {
    const events = await loadOrEmpty(this.store, instanceStream(instanceId));
    const decoded = events.map(toInstanceEvent);
    const state = decoded.reduce(evolve, INITIAL_STATE);
    return {
      state,
      head: headOf(events),
      position: events.at(-1)?.position ?? 0n,
      events,
      decoded,
    };
  }

  /** Appends the events of one decision, all or none, right after `head`. */
  append(
    instanceId: string,
    head: StreamHead,
    events: readonly InstanceEvent[],
    cause: Cause,
  ): Promise<Appended> {
    const { causationId, step, correlationId, ...rest } = cause;
    const metadata = {
      ...rest,
      $correlationId: correlationId,
      $causationId: causationId,
      service: this.service,
      schemaVersion: INSTANCE_SCHEMA_VERSION,
    };
    return this.store.append(
      instanceStream(instanceId),
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
