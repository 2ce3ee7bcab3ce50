import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { EventDocument, StoredEvent } from '@uplift/contracts';
import { splitStreamName } from '@uplift/contracts';

/** Times in milliseconds. */
const RETRY_MS = 3_000;
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

/** A stored event as it leaves this service: all of it, positions as decimal text. */
export function eventDocument(event: StoredEvent): EventDocument {
  const { id, type, stream, revision, position, recordedAt, data, metadata } = event;
  return {
    id,
    type,
    stream,
    subject: splitStreamName(stream).id,
    revision,
    position: position.toString(),
    recordedAt,
    data,
    metadata,
  };
}

/** One client's connection: writes no faster than it reads. */
export class FrameSink {
  private readonly closing = new AbortController();

  constructor(private readonly response: ServerResponse) {
    response.once('close', () => this.closing.abort());
    response.once('error', () => this.closing.abort());
  }

  get signal(): AbortSignal {
    return this.closing.signal;
  }

  get isClosed(): boolean {
    return this.closing.signal.aborted;
  }

  async write(frame: string): Promise<void> {
    if (this.isClosed || this.response.write(frame)) return;
    await once(this.response, 'drain', { signal: this.signal }).catch(() => undefined);
  }

  /** Left out while the client has not read what it was sent: that proves the connection anyway. */
  beat(frame: string): void {
    if (!this.isClosed && !this.response.writableNeedDrain) this.response.write(frame);
  }

  end(): void {
    this.closing.abort();
    this.response.end();
  }
}
