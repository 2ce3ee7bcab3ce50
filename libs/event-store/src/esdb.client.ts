import { EventStoreDBClient } from '@eventstore/db-client';
import { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb';
import type { Channel, ClientDuplexStream } from '@grpc/grpc-js';
import type { EsdbSettings } from './esdb.connection-string';

export type BatchCall = ClientDuplexStream<BatchAppendReq, BatchAppendResp>;

/** The official client: its connection, and beside what it offers the bare stream that appends travel on. */
export class EsdbClient extends EventStoreDBClient {
  /** Calls that were under way end as if all had been received. */
  isEnded = false;
  private channel: Promise<Channel> | undefined;

  constructor({ client }: EsdbSettings) {
    super(...client);
    const connect = this.getChannel;
    this.getChannel = () => (this.channel = connect());
  }

  batchCall(): Promise<BatchCall> {
    const [metadata, options] = this.callArguments({}, { deadline: Infinity });
    const open = this.GRPCStreamCreator(StreamsClient, 'batchAppend', (client) =>
      client.batchAppend(metadata, options),
    );
    return open();
  }

  /** Breaks off what is under way and closes the connection. */
  async end(): Promise<void> {
    this.isEnded = true;
    await this.dispose();
    await this.channel?.then((channel) => channel.close()).catch(() => undefined);
  }
}
