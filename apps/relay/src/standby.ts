import { setTimeout } from 'node:timers/promises';
import type { EventPublisher, MessageOnBus } from '@uplift/bus';
import { decodeEvent, UndecodableMessageError } from '@uplift/contracts';
import type { EventStore } from '@uplift/event-store';

export interface StandbyOptions {
  readonly store: EventStore;
  readonly publisher: EventPublisher;
  readonly signal: AbortSignal;
  readonly onLook: () => void;
  /** Shortest pause between two looks, in milliseconds; each is up to twice as long, so that two never keep step. */
  readonly lookEveryMs?: number;
}

const DEFAULT_LOOK_MS = 400;

/** Another relay is at work: resolves when the bus has stood still between two looks and the store is ahead. */
export async function standBy(options: StandbyOptions): Promise<void> {
  const { publisher, signal, onLook, lookEveryMs = DEFAULT_LOOK_MS } = options;
  let seen = await publisher.lastSequence();
  for (;;) {
    await setTimeout(lookEveryMs * (1 + Math.random()), undefined, { signal });
    onLook();
    const sequence = await publisher.lastSequence();
    if (sequence < seen) return;
    if (sequence === seen && (await storeIsAhead(options))) return;
    seen = sequence;
  }
}

async function storeIsAhead({ store, publisher }: StandbyOptions): Promise<boolean> {
  const [last, end] = await Promise.all([publisher.lastMessage(), store.lastPosition()]);
  if (end === null) return false;
  return !last || positionOf(last) < end;
}

/** A message that cannot be read is no sign of a relay at work: the next pass will say what is wrong. */
function positionOf(last: MessageOnBus): bigint {
  try {
    return decodeEvent(last).position;
  } catch (error) {
    if (error instanceof UndecodableMessageError) return -1n;
    throw error;
  }
}
