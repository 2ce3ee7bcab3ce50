export * from './faulty.event-store';
export * from './in-memory.event-store';
export * from './other-program';
