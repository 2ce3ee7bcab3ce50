import type { StoredEvent } from '@uplift/contracts';
import { eventDocument } from './event-document';

/** Times in milliseconds. */
export const RETRY_MS = 3_000;
export const HEARTBEAT_MS = 15_000;

export const HELLO_FRAME = `retry: ${RETRY_MS}\n: connected\n\n`;
export const HEARTBEAT_FRAME = ': heartbeat\n\n';

export const EVENT_STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
} as const;

/** Names and ids of frames never come from content: only digits and the constants below. */
export function eventFrame(event: StoredEvent): string {
  return frame('event', event.position, eventDocument(event));
}

/** Events were left out: the client has to read the present state, then goes on from `position`. */
export function resyncFrame(after: bigint, position: bigint): string {
  return frame('resync', position, { after: after.toString(), position: position.toString() });
}

function frame(name: 'event' | 'resync', position: bigint, content: object): string {
  return `id: ${position}\nevent: ${name}\ndata: ${JSON.stringify(content)}\n\n`;
}
