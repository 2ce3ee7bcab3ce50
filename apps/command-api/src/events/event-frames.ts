import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { EventDocument, StoredEvent } from '@uplift/contracts';
import { splitStreamName } from '@uplift/contracts';
import type { Clock } from '@uplift/runtime';
import { shownData } from './event-rights';
import type { StreamEnd } from './event-streams';

/** Times in milliseconds. */
const RETRY_MS = 3_000;
export const HEARTBEAT_MS = 15_000;
/** A client that takes nothing for so long is dropped. */
export const SLOW_READER_MS = 30_000;
/** For the last frame to get through. */
const LAST_FRAME_MS = 5_000;

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

/** The last frame: why this service ends the stream. It has no id: the client goes on from what it has seen. */
function closedFrame(reason: StreamEnd): string {
  const detail = WHY_CLOSED[reason];
  return `event: closed\ndata: ${JSON.stringify({ reason, detail })}\n\n`;
}

const WHY_CLOSED: Partial<Record<StreamEnd, string>> = {
  'slow-reader': `Nothing was read for ${SLOW_READER_MS / 1_000} s: connect again with Last-Event-ID`,
  stopping: 'The service stops: connect again with Last-Event-ID',
  'access-ended':
    'The token has expired or was revoked, or could not be looked up for a minute: connect again, with another one if it is refused',
  failed: 'The events cannot be read: connect again with Last-Event-ID',
};

function frame(name: 'event' | 'resync', position: bigint, content: object): string {
  return `id: ${position}\nevent: ${name}\ndata: ${JSON.stringify(content)}\n\n`;
}

/** A stored event as it leaves this service: all of it that is shown to anybody, positions as decimal text. */
export function eventDocument(event: StoredEvent): EventDocument {
  const { id, type, stream, revision, position, recordedAt, metadata } = event;
  return {
    id,
    type,
    stream,
    subject: splitStreamName(stream).id,
    revision,
    position: position.toString(),
    recordedAt,
    data: shownData(event),
    metadata,
  };
}

/** One client's connection: writes no faster than it reads, and waits for no client without end. */
export class FrameSink {
  private readonly closing = new AbortController();
  private closedBy: StreamEnd = 'client-gone';

  constructor(
    private readonly response: ServerResponse,
    private readonly clock: Clock,
  ) {
    response.once('close', () => this.closing.abort());
    response.once('error', () => this.closing.abort());
    if (response.destroyed) this.closing.abort();
  }

  /** Why the connection is closed, once it is. */
  get end(): StreamEnd {
    return this.closedBy;
  }

  get signal(): AbortSignal {
    return this.closing.signal;
  }

  get isClosed(): boolean {
    return this.closing.signal.aborted;
  }

  async write(frame: string): Promise<void> {
    if (this.isClosed || this.response.write(frame)) return;
    const cancelTimer = this.clock.after(SLOW_READER_MS, () => this.close('slow-reader'));
    await once(this.response, 'drain', { signal: this.signal }).catch(() => undefined);
    cancelTimer();
  }

  /** Left out while the client has not read what it was sent: that proves the connection anyway. */
  beat(frame: string): void {
    if (!this.isClosed && !this.response.writableNeedDrain) this.response.write(frame);
  }

  /** Says why, as far as the client still reads. */
  close(end: StreamEnd): void {
    if (this.isClosed) return;
    this.closedBy = end;
    this.closing.abort();
    this.response.end(closedFrame(end));
    const cancelTimer = this.clock.after(LAST_FRAME_MS, () => this.response.destroy());
    this.response.once('close', cancelTimer);
  }
}
