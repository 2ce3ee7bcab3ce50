export * from './allows';
export * from './in-memory.bus';
export * from './in-memory.bus-connection';
