export * from './ack-policy';
export {
  busAccess,
  BusAccessError,
  BUS_ACCESS_SETTINGS,
  natsAccess,
  type BusAccess,
} from './bus-access';
export * from './bus-accounts';
export * from './bus-connection.port';
export * from './bus-permissions';
export * from './bus-topology';
export { BusClient, type BusRequestOptions } from './bus.client';
export type { EventDelivery } from './consumer-loop';
export * from './jetstream.strategy';
export * from './nats.bus-connection';
export * from './publish-run';
export * from './service-bus';
export * from './services.strategy';
export * from './stream-follower';
