export * from './event-metadata';
export * from './problem-details';
export * from './subjects';
export * from './stored-event';
