export * from './seeded.randomness';
export * from './virtual.clock';
