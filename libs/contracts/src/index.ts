export * from './event-metadata';
export * from './problem-details';
export * from './subjects';
export * from './stored-event';
export * from './event.codec';
export * from './headers';
export * from './problem.error';
export * from './instance-event';
