import { EventTooLargeError } from './event-store.errors';
import { MAX_EVENT_BYTES } from './event-store.port';
import type { EventToAppend, StreamHead } from './event-store.port';
import { linkEvents } from './hash-chain';
import type { LinkedEvents } from './hash-chain';

/** What every adapter checks before anything is sent. Names with `$` are the store's own. */
export function prepareAppend(
  stream: string,
  after: StreamHead,
  events: readonly EventToAppend[],
): LinkedEvents {
  if (stream === '' || stream.startsWith('$')) throw new RangeError(`No stream name: '${stream}'`);
  if (events.length === 0) throw new RangeError('An append needs at least one event');
  const linked = linkEvents(stream, after, events);
  for (const { type, bytes } of linked.events) {
    if (type === '' || type.startsWith('$')) throw new RangeError(`No event type: '${type}'`);
    if (bytes > MAX_EVENT_BYTES) throw new EventTooLargeError(type, bytes, MAX_EVENT_BYTES);
  }
  return linked;
}
