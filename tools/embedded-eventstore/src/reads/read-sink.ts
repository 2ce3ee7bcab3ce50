import type { ServerWritableStream } from '@grpc/grpc-js';
import type { CallFailure } from '../protocol/call-failure';
import type { streams } from '../protocol/messages';

/** The server's end of a read: tells when to stop and waits for a slow client. */
export class ReadSink {
  private closedListeners: (() => void)[] = [];
  /** Ends the wait for a slow client, if there is one. */
  private resume?: () => void;
  isClosed = false;

  constructor(private readonly call: ServerWritableStream<streams.ReadReq, Uint8Array>) {
    for (const event of ['cancelled', 'close', 'error']) call.on(event, () => this.close());
    call.on('drain', () => this.resume?.());
  }

  onClosed(listener: () => void): void {
    if (this.isClosed) listener();
    else this.closedListeners.push(listener);
  }

  /** Resolves when the client has room for more, or is gone. */
  async send(frames: Iterable<Uint8Array>): Promise<void> {
    for (const frame of frames) {
      if (this.isClosed) return;
      if (!this.call.write(frame)) await this.drained();
    }
  }

  /** False when the client has no room for more. */
  offer(frame: Uint8Array): boolean {
    return this.isClosed || this.call.write(frame);
  }

  get hasRoom(): boolean {
    return this.isClosed || !this.call.writableNeedDrain;
  }

  /** Resolves when the client has room again, or is gone. */
  async room(): Promise<void> {
    if (!this.hasRoom) await this.drained();
  }

  end(): void {
    if (!this.isClosed) this.call.end();
  }

  fail(failure: CallFailure): void {
    if (!this.isClosed) this.call.emit('error', failure);
  }

  private drained(): Promise<void> {
    return new Promise((resolve) => {
      this.resume = resolve;
      if (this.isClosed) resolve();
    });
  }

  private close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.resume?.();
    for (const listener of this.closedListeners) listener();
    this.closedListeners = [];
  }
}
