import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb';
import type * as streams from '@eventstore/db-client/generated/streams_pb';
import {
  Server,
  ServerCredentials,
  status,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceError,
} from '@grpc/grpc-js';
import { NamespaceRead, renamed, type Namespace } from './namespace-reads';
import type { StoreCalls } from './store-calls';

const HOST = '127.0.0.1';
const MAX_MESSAGE_BYTES = 17 * 1024 * 1024;

/**
 * A part of a store that looks like a store of its own: it begins empty, and what else the store holds is foreign. On
 * loopback, without TLS and users; towards the store with those that its connection string names.
 */
export class NamespaceServer {
  private readonly server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': -1,
  });

  constructor(
    private readonly store: StoreCalls,
    private readonly namespace: Namespace,
  ) {
    this.server.addService(StreamsService, {
      read: (call: ServerWritableStream<streams.ReadReq, streams.ReadResp>) => this.read(call),
      batchAppend: (call: ServerDuplexStream<streams.BatchAppendReq, streams.BatchAppendResp>) =>
        this.batchAppend(call),
      delete: unary((request: streams.DeleteReq) => store.delete(this.toStore(request))),
      tombstone: unary((request: streams.TombstoneReq) => store.tombstone(this.toStore(request))),
    });
    this.server.addService(ServerFeaturesService, {
      getSupportedMethods: unary(() => store.supportedMethods()),
    });
  }

  /** Returns the port; 0 asks for a free one. */
  listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const address = `${HOST}:${port}`;
      this.server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
  }

  async close(): Promise<void> {
    this.server.forceShutdown();
    await this.store.dispose();
  }

  private read(call: ServerWritableStream<streams.ReadReq, streams.ReadResp>): void {
    const read = new NamespaceRead(call.request, this.namespace);
    const fail = (error: Error) => call.emit('error', passedOn(error));
    this.store.openRead(read.request).then((answers) => {
      const leave = () => answers.cancel();
      const end = () => {
        answers.removeAllListeners('data');
        leave();
        call.end();
      };
      call.on('cancelled', leave);
      answers
        .on('data', (answer: streams.ReadResp) => {
          const shown = read.shown(answer);
          if (shown === 'end') return end();
          if (shown === null || call.write(shown)) return;
          answers.pause();
          call.once('drain', () => answers.resume());
        })
        .on('error', (error) => (call.writableEnded ? undefined : fail(error)))
        .on('end', () => call.end());
      if (call.cancelled) leave();
    }, fail);
  }

  private batchAppend(
    call: ServerDuplexStream<streams.BatchAppendReq, streams.BatchAppendResp>,
  ): void {
    const { names } = this.namespace;
    const fail = (error: Error) => call.emit('error', passedOn(error));
    this.store.openBatchAppend().then((appends) => {
      appends
        .on('data', (answer: streams.BatchAppendResp) => {
          const stream = answer.getStreamIdentifier();
          call.write(
            answer.setStreamIdentifier(renamed(stream, (name) => names.inNamespace(name))),
          );
        })
        .on('error', fail)
        .on('end', () => call.end());
      call
        .on('cancelled', () => appends.cancel())
        .on('data', (request: streams.BatchAppendReq) => {
          const options = request.getOptions();
          if (options) this.renameTarget(options);
          appends.write(request);
        })
        .on('end', () => appends.end());
      if (call.cancelled) appends.cancel();
    }, fail);
  }

  private toStore<T extends streams.DeleteReq | streams.TombstoneReq>(request: T): T {
    const options = request.getOptions();
    if (options) this.renameTarget(options);
    return request;
  }

  private renameTarget(
    options:
      streams.BatchAppendReq.Options | streams.DeleteReq.Options | streams.TombstoneReq.Options,
  ): void {
    const { names } = this.namespace;
    const stream = options.getStreamIdentifier();
    options.setStreamIdentifier(renamed(stream, (name) => names.inStore(name)));
  }
}

function unary<Q, A>(ask: (request: Q) => Promise<A>) {
  return (call: ServerUnaryCall<Q, A>, reply: sendUnaryData<A>): void => {
    ask(call.request).then(
      (answer) => reply(null, answer),
      (error: Error) => reply(passedOn(error), null),
    );
  };
}

/** Who is sent to the leader by its address would leave the namespace. */
function passedOn(error: Error): Error {
  const { code, details, metadata } = error as Partial<ServiceError>;
  const isElsewhere = metadata?.get('exception').includes('not-leader');
  if (code !== undefined && !isElsewhere) return Object.assign(error, { details, metadata });
  return Object.assign(new Error(error.message), {
    ...{ code: status.UNAVAILABLE, details: error.message },
  });
}
