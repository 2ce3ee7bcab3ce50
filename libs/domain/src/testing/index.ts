export * from './examples';
export * from './histories';
