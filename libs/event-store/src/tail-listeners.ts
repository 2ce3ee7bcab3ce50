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
import type { TailFold } from './tail-checkpoints';

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
  /** Before the first event: what its folds had kept is back. */
  readonly onRestored?: () => void;
  /** After the last event of each batch. */
  readonly onBatch?: () => void;
  /** Nothing comes any more: the tail was stopped. */
  readonly onStop?: () => void;
  /** All that it keeps of what it was told: with it a tail may begin later than with the first event. */
  readonly folds?: readonly TailFold[];
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
  /** Next revision of each instance. */
  readonly revisions = new Map<string, number>();

  private readonly fold = new ListenersFold(this);

  /** @param firstRevision of a stream that was not heard of before; undefined where the tail begins later */
  constructor(private readonly firstRevision: 0 | undefined) {}

  /** Of everybody who keeps something, in the order in which they came. */
  get folds(): readonly TailFold[] {
    return [this.fold, ...[...this.all].flatMap(({ folds = [] }) => folds)];
  }

  /** The folds have what they had kept; what was set aside before the tail began is told to everybody. */
  tellRestored(): void {
    for (const listener of this.all) listener.onRestored?.();
    for (const unreadable of this.setAside.values()) {
      for (const listener of this.all) listener.onUnreadable?.(unreadable);
    }
  }

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

type FoldEntry =
  | readonly ['revision', instanceId: string, next: number]
  | readonly ['set aside', instanceId: string, UnreadableEntry]
  | readonly ['newer', EventEntry];

/** Positions as text; what is in the event nobody asks for. */
type EventEntry = Omit<StoredEvent, 'position' | 'data'> & { readonly position: string };
type UnreadableEntry = Pick<UnreadableEvent, 'reason' | 'detail'> & { readonly event: EventEntry };

/** What listeners are not told twice, or not at all. */
class ListenersFold implements TailFold {
  readonly name = 'tail';
  readonly basis = { version: 1 };

  constructor(private readonly kept: TailListeners) {}

  /** What a listener cannot take a mended one may: it has to get it again. */
  get isDoubtful(): boolean {
    return [...this.kept.setAside.values()].some(({ reason }) => reason === 'illegal-step');
  }

  entries(): Iterable<FoldEntry> {
    const { newer, setAside, revisions } = this.kept;
    const [ids, next] = [[...revisions.keys()], [...revisions.values()]];
    const aside = [...setAside];
    return (function* (): Generator<FoldEntry> {
      if (newer !== undefined) yield ['newer', entryOf(newer)];
      for (const [instanceId, { event, reason, detail }] of aside) {
        yield ['set aside', instanceId, { event: entryOf(event), reason, detail }];
      }
      for (const [n, instanceId] of ids.entries()) yield ['revision', instanceId, next[n] ?? 0];
    })();
  }

  clear(): void {
    this.kept.newer = undefined;
    this.kept.setAside.clear();
    this.kept.revisions.clear();
  }

  takeBack(entry: unknown): void {
    const known = entry as FoldEntry;
    if (known[0] === 'newer') this.kept.newer = eventOf(known[1]);
    else if (known[0] === 'revision') this.kept.revisions.set(known[1], known[2]);
    else {
      const [, instanceId, { event, reason, detail }] = known;
      this.kept.setAside.set(instanceId, { event: eventOf(event), instanceId, reason, detail });
    }
  }
}

function entryOf({ data: _data, position, ...event }: StoredEvent): EventEntry {
  return { ...event, position: position.toString() };
}

function eventOf({ position, ...event }: EventEntry): StoredEvent {
  return { ...event, position: BigInt(position), data: {} };
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
