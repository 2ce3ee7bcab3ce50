import {
  Server,
  ServerCredentials,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import { GossipService } from '@eventstore/db-client/generated/gossip_grpc_pb';
import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb';
import type { streams } from '../wire/generated';
import { AppendSession } from './append.session';
import type { WriteService } from './write-service';
import { BatchAppendSession } from './batch-append.session';
import { gossip, supportedMethods } from './cluster.handlers';
import { handleDelete, handleTombstone } from './delete.handlers';
import type { ReadHandler } from './read.handler';

const HOST = '127.0.0.1';
/** What the client may send in one message; larger than what an append may hold, to be refused properly. */
const MAX_MESSAGE_BYTES = 17 * 1024 * 1024;

export interface GrpcParts {
  readonly writes: WriteService;
  readonly reads: ReadHandler;
}

/** Loopback only: no authentication, no encryption. */
export class GrpcServer {
  private readonly server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': -1,
  });
  private boundPort = 0;

  constructor(parts: GrpcParts) {
    this.server.addService(
      {
        ...StreamsService,
        read: { ...StreamsService.read, responseSerialize: viewAsBuffer },
      },
      streamsHandlers(parts),
    );
    this.server.addService(ServerFeaturesService, { getSupportedMethods: supportedMethods });
    const endPoint = () => ({ host: HOST, port: this.boundPort });
    this.server.addService(GossipService, { read: gossip(endPoint) });
  }

  get port(): number {
    return this.boundPort;
  }

  async listen(port: number): Promise<void> {
    this.boundPort = await new Promise<number>((resolve, reject) => {
      this.server.bindAsync(
        `${HOST}:${port}`,
        ServerCredentials.createInsecure(),
        (error, bound) => (error ? reject(error) : resolve(bound)),
      );
    });
  }

  /** Resets every open stream: a subscription would keep a graceful shutdown waiting for ever. */
  stop(): void {
    this.server.forceShutdown();
  }
}

/** Reads write ready-made messages; the transport takes a Buffer and nothing else. */
function viewAsBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function streamsHandlers({ writes, reads }: GrpcParts) {
  return {
    read: (call: ServerWritableStream<streams.ReadReq, Uint8Array>) => reads.handle(call),
    append: (
      call: ServerReadableStream<streams.AppendReq, streams.AppendResp>,
      reply: sendUnaryData<streams.AppendResp>,
    ) => void new AppendSession(call, reply, writes),
    batchAppend: (call: ServerDuplexStream<streams.BatchAppendReq, streams.BatchAppendResp>) =>
      void new BatchAppendSession(call, writes),
    delete: handleDelete(writes),
    tombstone: handleTombstone(writes),
  };
}
