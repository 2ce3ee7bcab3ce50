import { BACKWARDS, binaryEvent, EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { parseEsdbConnectionString } from '../esdb.connection-string';
import type { StreamLoss } from '../event-store.port';
import type { InMemoryEventStore } from './in-memory.event-store';

/** What another program, or an administrator, can do to the store beside us. */
export interface OtherProgram {
  /** Bytes as data make an event that is not JSON. */
  write(stream: string, event: ForeignEvent): Promise<void>;
  /** What is told of the streams of ours afterwards is that they are gone. */
  remove(stream: string, loss: StreamLoss): Promise<void>;
  close(): Promise<void>;
}

export interface ForeignEvent {
  readonly type: string;
  readonly data?: unknown;
  readonly metadata?: unknown;
}

/** Through the client of the real store. */
export class EsdbOtherProgram implements OtherProgram {
  readonly client: EventStoreDBClient;

  constructor(connectionString: string) {
    this.client = new EventStoreDBClient(...parseEsdbConnectionString(connectionString).client);
  }

  async write(stream: string, { type, data = {}, metadata }: ForeignEvent): Promise<void> {
    const about = metadata === undefined ? {} : { metadata: metadata as Record<string, unknown> };
    const event =
      data instanceof Uint8Array
        ? binaryEvent({ type, data, ...about })
        : jsonEvent({ type, data: data as Record<string, unknown>, ...about });
    await this.client.appendToStream(stream, event);
  }

  async remove(stream: string, loss: StreamLoss): Promise<void> {
    if (loss === 'deleted') await this.client.deleteStream(stream);
    else if (loss === 'tombstoned') await this.client.tombstoneStream(stream);
    else await this.client.setStreamMetadata(stream, { truncateBefore: await this.last(stream) });
  }

  close(): Promise<void> {
    return this.client.dispose();
  }

  private async last(stream: string): Promise<number> {
    const read = this.client.readStream(stream, {
      direction: BACKWARDS,
      fromRevision: 'end',
      maxCount: 1,
    });
    let last = 0;
    for await (const { event } of read) last = Number(event?.revision ?? 0);
    return last;
  }
}

/** In the twin. */
export class InMemoryOtherProgram implements OtherProgram {
  constructor(private readonly store: InMemoryEventStore) {}

  write(stream: string, { type, data, metadata }: ForeignEvent): Promise<void> {
    return Promise.resolve().then(() => void this.store.putRaw(stream, type, data, metadata));
  }

  remove(stream: string, loss: StreamLoss): Promise<void> {
    return Promise.resolve().then(() => this.store.remove(stream, loss));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
