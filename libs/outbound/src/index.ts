export * from './call-deadline';
export * from './outbound-target';
export * from './public-address';
export { quietConnector } from './quiet-connector';
