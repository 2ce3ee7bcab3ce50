import { randomUUID } from 'node:crypto';
import type { handleUnaryCall } from '@grpc/grpc-js';
import { ClusterInfo, EndPoint, MemberInfo } from '@eventstore/db-client/generated/gossip_pb';
import {
  SupportedMethod,
  SupportedMethods,
} from '@eventstore/db-client/generated/serverfeatures_pb';
import { messages } from '../wire/generated';

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

export const supportedMethods: handleUnaryCall<messages.Empty, SupportedMethods> = (
  _call,
  reply,
) => {
  const methods = Object.entries(METHODS).map(([name, features]) =>
    new SupportedMethod()
      .setServiceName(STREAMS_SERVICE)
      .setMethodName(name)
      .setFeaturesList([...features]),
  );
  const answer = new SupportedMethods().setEventStoreServerVersion(SERVER_VERSION);
  reply(null, answer.setMethodsList(methods));
};

/** A cluster of one: this node, always the leader. */
export function gossip(endPoint: () => { host: string; port: number }) {
  const instance = new messages.UUID().setString(randomUUID());
  const read: handleUnaryCall<messages.Empty, ClusterInfo> = (_call, reply) => {
    const { host, port } = endPoint();
    const member = new MemberInfo()
      .setInstanceId(instance)
      .setTimeStamp(String(Date.now() * 10_000))
      .setState(MemberInfo.VNodeState.LEADER)
      .setIsAlive(true)
      .setHttpEndPoint(new EndPoint().setAddress(host).setPort(port));
    reply(null, new ClusterInfo().setMembersList([member]));
  };
  return read;
}
