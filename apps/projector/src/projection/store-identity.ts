import type { StoredEvent } from '@uplift/contracts';
import { DECISIONS_STREAM } from '@uplift/contracts';
import type { EventStore } from '@uplift/event-store';
import { loadOrEmpty, StreamGoneError } from '@uplift/event-store';
import type { Checkpoint } from '../read-model/read-model.port';
import { AnotherStoreError } from './projection-state';

/**
 * Throws AnotherStoreError if the store does not hold the last event folded, with its id, its hash and at its position:
 * it is another store, or an older copy of this one. One read, and a second where the stream
 * does not hold it: a stream with `$maxAge` or `$maxCount` lets go of events that the store has.
 */
export async function refuseAnotherStore(store: EventStore, checkpoint: Checkpoint): Promise<void> {
  const { position, lastEvent } = checkpoint;
  if (position === null || lastEvent === null) return;
  const { stream, revision } = lastEvent;
  const [found] = await loadUnlessGone(store, stream, revision);
  if (found === 'gone') return;
  const difference = differenceOf(found, checkpoint);
  if (difference === null) return;
  const there = await store.eventAt(position);
  if (there !== null && differenceOf(there, checkpoint) === null) return;
  throw new AnotherStoreError(checkpoint, difference);
}

/** Null for the last event folded. */
function differenceOf(
  found: StoredEvent | undefined,
  { position, lastEvent }: Checkpoint,
): string | null {
  if (found === undefined) return 'does not hold it';
  const isSame = found.id === lastEvent?.id && hashOf(found) === lastEvent.hash;
  if (!isSame) return `holds event ${found.id} there`;
  return found.position === position ? null : `holds it at position ${found.position.toString()}`;
}

export async function isAnotherStore(store: EventStore, checkpoint: Checkpoint): Promise<boolean> {
  try {
    await refuseAnotherStore(store, checkpoint);
    return false;
  } catch (error) {
    if (error instanceof AnotherStoreError) return true;
    throw error;
  }
}

/** A stream that somebody deleted or truncated says nothing against the store. */
async function loadUnlessGone(
  store: EventStore,
  stream: string,
  revision: number,
): Promise<readonly (StoredEvent | 'gone')[]> {
  try {
    return await loadOrEmpty(store, stream, revision);
  } catch (error) {
    if (error instanceof StreamGoneError) return ['gone'];
    throw error;
  }
}

/** What the checkpoint keeps of an event; null if its metadata could not be read. */
export function hashOf({ metadata, damage }: StoredEvent): string | null {
  return damage === undefined ? metadata.hash : null;
}

/** The decision of an operator that the store as it is counts; undefined for any other event. */
export function acceptanceOf({ type, id, stream, position }: StoredEvent): string | undefined {
  if (stream !== DECISIONS_STREAM || type !== 'StoreAccepted') return undefined;
  return `${id}@${position.toString()}`;
}

/**
 * Whether an operator has decided for the store since: by an event that the rows do not reflect, and that is newer than
 * all of them, so that an old decision in the history of a store that is connected by mistake is none.
 */
export async function isAccepted(store: EventStore, checkpoint: Checkpoint): Promise<boolean> {
  const decision = await store.lastOf(DECISIONS_STREAM);
  const acceptance = decision && acceptanceOf(decision);
  if (!decision || acceptance === undefined || acceptance === checkpoint.acceptedStore)
    return false;
  return Date.parse(decision.recordedAt) > (checkpoint.lastEventAt ?? 0);
}
