import { BACKWARDS, END, EventStoreDBClient } from '@eventstore/db-client';
import { ServerFeaturesClient } from '@eventstore/db-client/generated/serverfeatures_grpc_pb';
import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb';
import { Empty } from '@eventstore/db-client/generated/shared_pb';
import { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb';
import type * as streams from '@eventstore/db-client/generated/streams_pb';
import type { requestCallback } from '@grpc/grpc-js';
import type { EsdbSettings } from '@uplift/event-store';

const DEADLINE_MS = 10_000;

/** A store through the official client: how it is found, TLS and credentials are the client's; the calls are bare. */
export class StoreCalls extends EventStoreDBClient {
  constructor({ client }: EsdbSettings) {
    super(...client);
  }

  openRead(request: streams.ReadReq) {
    const [metadata, options] = this.callArguments({}, { deadline: Infinity });
    return this.GRPCStreamCreator(StreamsClient, 'read', (client) =>
      client.read(request, metadata, options),
    )();
  }

  openBatchAppend() {
    const [metadata, options] = this.callArguments({}, { deadline: Infinity });
    return this.GRPCStreamCreator(StreamsClient, 'batchAppend', (client) =>
      client.batchAppend(metadata, options),
    )();
  }

  delete(request: streams.DeleteReq): Promise<streams.DeleteResp> {
    const [metadata, options] = this.callArguments({ deadline: DEADLINE_MS });
    return this.execute(StreamsClient, 'delete', (client) =>
      answerOf((reply) => client.delete(request, metadata, options, reply)),
    );
  }

  tombstone(request: streams.TombstoneReq): Promise<streams.TombstoneResp> {
    const [metadata, options] = this.callArguments({ deadline: DEADLINE_MS });
    return this.execute(StreamsClient, 'tombstone', (client) =>
      answerOf((reply) => client.tombstone(request, metadata, options, reply)),
    );
  }

  supportedMethods(): Promise<SupportedMethods> {
    return this.execute(ServerFeaturesClient, 'features', (client) =>
      answerOf((reply) => client.getSupportedMethods(new Empty(), reply)),
    );
  }

  /** Of the last event of all; a store is never empty. */
  async endOfStore(): Promise<bigint> {
    let end = 0n;
    const last = { direction: BACKWARDS, fromPosition: END, maxCount: 1 } as const;
    for await (const { event } of this.readAll(last)) end = event?.position.commit ?? 0n;
    return end;
  }
}

function answerOf<T>(call: (reply: requestCallback<T>) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, answer) => {
      if (error) reject(error);
      else if (answer === undefined) reject(new Error('The store gave no answer'));
      else resolve(answer);
    });
  });
}
