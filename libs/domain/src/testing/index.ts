export * from './examples';
export * from './histories';
export * from './system-examples';
export { commandSequences, eventsOf } from './command-sequences';
