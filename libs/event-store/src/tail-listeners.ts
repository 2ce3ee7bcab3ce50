import type { StoredEvent, UnreadableReason } from '@uplift/contracts';
import {
  categoryOf,
  isOfNewerVersion,
  splitStreamName,
  toRecordedInstanceEvent,
  toRecordedSystemEvent,
  unreadableReason,
} from '@uplift/contracts';
import type { RecordedInstanceEvent, RecordedSystemEvent } from '@uplift/domain';
import { errorMessage } from '@uplift/runtime';

interface Tailed {
  /** Id of the actor. */
  readonly writtenBy: string;
  /** False for what was in the store before the tail had caught up. */
  readonly isLive: boolean;
}

/** An event of an instance as a listener gets it. */
export interface TailedInstanceEvent extends RecordedInstanceEvent, Tailed {}
/** A switch of all starts as a listener gets it. */
export interface TailedSystemEvent extends RecordedSystemEvent, Tailed {}

/** One of our events that cannot be read, or that a listener cannot take. */
export interface UnreadableEvent {
  readonly event: StoredEvent;
  /** Null for an event of no instance. */
  readonly instanceId: string | null;
  readonly reason: UnreadableReason;
  /** In words. */
  readonly detail: string;
}

/** Called in store order. What a listener throws at an event sets the event's instance aside. */
export interface TailListener {
  /** Every event of ours, also those that nobody can read. */
  readonly onEvent?: (event: StoredEvent) => void;
  /** Events of instances only, decoded once for all listeners; none of an instance that was set aside. */
  readonly onInstanceEvent?: (event: TailedInstanceEvent) => void;
  readonly onSystemEvent?: (event: TailedSystemEvent) => void;
  /** Of an instance only the first: nothing more of it comes, and whoever keeps something about it forgets it. */
  readonly onUnreadable?: (unreadable: UnreadableEvent) => void;
  /** After the last event of each batch. */
  readonly onBatch?: () => void;
  /** Nothing comes any more: the tail was stopped. */
  readonly onStop?: () => void;
}

type Telling = (listener: TailListener) => void;

/**
 * Hands events on to everybody who listens. An event that cannot be read, or not be taken, sets its own instance
 * aside: no listener hears more of that instance, and all others go on.
 */
export class TailListeners {
  readonly all = new Set<TailListener>();
  readonly setAside = new Map<string, UnreadableEvent>();
  /** The first event that a newer build wrote. */
  newer: StoredEvent | undefined;
  private readonly revisions = new Map<string, number>();

  /** @param firstRevision of a stream that was not heard of before; undefined where the tail begins later */
  constructor(private readonly firstRevision: 0 | undefined) {}

  tell(event: StoredEvent, isLive: boolean): void {
    if (isOfNewerVersion(event)) this.newer ??= event;
    const instanceId = instanceOf(event);
    const tellDecoded = this.decoded(event, instanceId, isLive);
    for (const listener of this.all) {
      try {
        listener.onEvent?.(event);
        tellDecoded?.(listener);
      } catch (error) {
        const detail = errorMessage(error);
        this.putAside({ event, instanceId, reason: 'illegal-step', detail });
      }
    }
  }

  /** How listeners are told of the event in the domain's terms; undefined if nobody is. */
  private decoded(
    event: StoredEvent,
    instanceId: string | null,
    isLive: boolean,
  ): Telling | undefined {
    const tailed = { writtenBy: event.metadata.actor.id, isLive };
    try {
      return instanceId === null
        ? this.decodedSwitch(event, tailed)
        : this.decodedInstanceEvent(event, instanceId, tailed);
    } catch (error) {
      this.putAside({ event, instanceId, ...reasonOf(event, error) });
      return undefined;
    }
  }

  private decodedInstanceEvent(
    event: StoredEvent,
    instanceId: string,
    tailed: Tailed,
  ): Telling | undefined {
    if (this.setAside.has(instanceId) || !this.hasListener('onInstanceEvent')) return undefined;
    this.assertNext(event, instanceId);
    const decoded = { ...toRecordedInstanceEvent(event), ...tailed };
    return (listener) => listener.onInstanceEvent?.(decoded);
  }

  private decodedSwitch(event: StoredEvent, tailed: Tailed): Telling | undefined {
    const isSwitch = categoryOf(event.stream) === 'system';
    if (!isSwitch || !this.hasListener('onSystemEvent')) return undefined;
    const decoded = { ...toRecordedSystemEvent(event), ...tailed };
    return (listener) => listener.onSystemEvent?.(decoded);
  }

  private assertNext({ revision }: StoredEvent, instanceId: string): void {
    const expected = this.revisions.get(instanceId) ?? this.firstRevision ?? revision;
    if (revision !== expected) throw new MissingEventsError(expected, revision);
    this.revisions.set(instanceId, revision + 1);
  }

  private putAside(unreadable: UnreadableEvent): void {
    const { instanceId } = unreadable;
    if (instanceId !== null) {
      if (this.setAside.has(instanceId)) return;
      this.setAside.set(instanceId, unreadable);
      this.revisions.delete(instanceId);
    }
    for (const listener of this.all) listener.onUnreadable?.(unreadable);
  }

  private hasListener(name: 'onInstanceEvent' | 'onSystemEvent'): boolean {
    for (const listener of this.all) if (listener[name]) return true;
    return false;
  }
}

class MissingEventsError extends Error {
  constructor(expected: number, found: number) {
    super(`Revision ${expected} is expected, and ${found} was found`);
  }
}

function reasonOf(event: StoredEvent, error: unknown): Pick<UnreadableEvent, 'reason' | 'detail'> {
  const detail = errorMessage(error);
  if (error instanceof MissingEventsError) return { reason: 'broken-chain', detail };
  return unreadableReason(event) ?? { reason: 'invalid-data', detail };
}

function instanceOf({ stream }: StoredEvent): string | null {
  return categoryOf(stream) === 'instance' ? splitStreamName(stream).id : null;
}
