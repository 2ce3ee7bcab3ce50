import { randomUUID } from 'node:crypto';
import { Server, ServerCredentials, type handleUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { GossipService } from '@eventstore/db-client/generated/gossip_grpc_pb';
import { ClusterInfo, EndPoint, MemberInfo } from '@eventstore/db-client/generated/gossip_pb';
import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb';
import {
  SupportedMethod,
  SupportedMethods,
} from '@eventstore/db-client/generated/serverfeatures_pb';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb';
import { UsersService } from '@eventstore/db-client/generated/users_grpc_pb';
import type { UserDirectory } from '../access/user-directory';
import { messages } from '../protocol/messages';
import type { StreamWriter } from '../streams/stream-writer';
import { handleAppend } from './append-session';
import { handleBatchAppend } from './batch-append-session';
import { handleDelete, handleTombstone } from './delete-handlers';
import { handleRead, type ReadContext } from './read-handler';
import { usersHandlers } from './users-handlers';

const HOST = '127.0.0.1';
/** What the client may send in one message; larger than what an append may hold, to be refused properly. */
const MAX_MESSAGE_BYTES = 17 * 1024 * 1024;

/** The server whose behaviour this one follows; clients choose their features by it. */
const SERVER_VERSION = '23.10.6';
const STREAMS_SERVICE = 'event_store.client.streams.streams';

const METHODS: Readonly<Record<string, readonly string[]>> = {
  read: ['position', 'events'],
  append: [],
  delete: [],
  tombstone: [],
  batchappend: [],
};

/** The certificate that a server shows, and its key, both as PEM. */
export interface ServerCertificate {
  readonly certificate: Buffer;
  readonly key: Buffer;
}

export interface GrpcServerParts {
  readonly writer: StreamWriter;
  readonly reads: ReadContext;
  /** Both or none, as on the real server. */
  readonly secured?: { readonly certificate: ServerCertificate; readonly users: UserDirectory };
}

/** Loopback only. */
export class GrpcServer {
  private readonly server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': -1,
  });
  private boundPort = 0;

  private readonly credentials: ServerCredentials;

  constructor({ writer, reads, secured }: GrpcServerParts) {
    const { faults, side, access } = reads;
    this.credentials = credentialsOf(secured?.certificate);
    this.server.addService(
      {
        ...StreamsService,
        read: { ...StreamsService.read, responseSerialize: viewAsBuffer },
      },
      {
        read: handleRead(reads),
        append: handleAppend({ writer, faults, access }),
        batchAppend: handleBatchAppend({ writer, faults, access, now: side.now }),
        delete: handleDelete({ writer, access }),
        tombstone: handleTombstone({ writer, access }),
      },
    );
    if (secured) {
      this.server.addService(UsersService, usersHandlers({ ...secured, access, faults }));
    }
    this.server.addService(ServerFeaturesService, {
      getSupportedMethods: (_call: unknown, reply: sendUnaryData<SupportedMethods>) => {
        void faults.awake().then(() => reply(null, supportedMethods()));
      },
    });
    faults.onEnd(() => this.server.drain(`${HOST}:${this.boundPort}`, 0));
    this.server.addService(GossipService, { read: gossip(() => this.boundPort) });
  }

  get port(): number {
    return this.boundPort;
  }

  async listen(port: number): Promise<void> {
    this.boundPort = await new Promise<number>((resolve, reject) => {
      this.server.bindAsync(`${HOST}:${port}`, this.credentials, (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
  }

  /** Resets every open stream: a subscription would keep a graceful shutdown waiting for ever. */
  stop(): void {
    this.server.forceShutdown();
  }
}

function credentialsOf(certificate: ServerCertificate | undefined): ServerCredentials {
  if (!certificate) return ServerCredentials.createInsecure();
  const pair = { cert_chain: certificate.certificate, private_key: certificate.key };
  return ServerCredentials.createSsl(null, [pair]);
}

/** Reads write ready-made messages; the transport takes a Buffer and nothing else. */
function viewAsBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function supportedMethods(): SupportedMethods {
  const methods = Object.entries(METHODS).map(([name, features]) =>
    new SupportedMethod()
      .setServiceName(STREAMS_SERVICE)
      .setMethodName(name)
      .setFeaturesList([...features]),
  );
  const answer = new SupportedMethods().setEventStoreServerVersion(SERVER_VERSION);
  return answer.setMethodsList(methods);
}

/** A cluster of one: this node, always the leader. */
function gossip(port: () => number): handleUnaryCall<messages.Empty, ClusterInfo> {
  const instance = new messages.UUID().setString(randomUUID());
  return (_call, reply) => {
    const member = new MemberInfo()
      .setInstanceId(instance)
      .setTimeStamp(String(Date.now() * 10_000))
      .setState(MemberInfo.VNodeState.LEADER)
      .setIsAlive(true)
      .setHttpEndPoint(new EndPoint().setAddress(HOST).setPort(port()));
    reply(null, new ClusterInfo().setMembersList([member]));
  };
}
