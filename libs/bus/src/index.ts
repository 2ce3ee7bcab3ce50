export * from './ack-policy';
export * from './bus-connection';
export * from './bus-topology';
export type { EventDelivery, PoisonMessage } from './consumer-loop';
export * from './jetstream.strategy';
export { ensureTopology, type TopologyChanges, type TopologyOptions } from './topology-keeper';
