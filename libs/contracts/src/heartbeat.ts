import type { ReceivedMessage } from './event.codec';
import { CONTENT_TYPES, REQUEST_HEADERS } from './headers';

/** Where a watchdog says that it is at work. Between the services only: no part of what is published. */
export const HEARTBEAT_SUBJECT = 'uplift.int.v1.watchdog.heartbeat';

export interface Heartbeat {
  /** How long ago its loop turned last, in ms: no clock is compared. */
  readonly ageMs: number;
  /** Why it enforces no deadline although its loop turns; null if it does. */
  readonly idleBecause: string | null;
}

export function encodeHeartbeat(heartbeat: Heartbeat): ReceivedMessage {
  return {
    headers: { [REQUEST_HEADERS.contentType]: CONTENT_TYPES.json },
    payload: Buffer.from(JSON.stringify(heartbeat)),
  };
}

/** Null for anything else. */
export function decodeHeartbeat(payload: Uint8Array): Heartbeat | null {
  try {
    const { ageMs, idleBecause } = JSON.parse(Buffer.from(payload).toString('utf8')) as Record<
      keyof Heartbeat,
      unknown
    >;
    const isText = typeof idleBecause === 'string';
    if (typeof ageMs !== 'number' || !(ageMs >= 0) || !(isText || idleBecause === null))
      return null;
    return { ageMs, idleBecause };
  } catch {
    return null;
  }
}
