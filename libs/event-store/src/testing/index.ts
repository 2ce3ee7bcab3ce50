export * from './faulty.event-store';
export * from './grown-history';
export * from './in-memory.event-store';
export * from './in-memory.message-log';
export * from './other-program';
export * from './sample-event';
