export * from './examples';
export * from './histories';
export * from './system-examples';
