import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

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
