/** `npm run test:long` sets it: the same suites, with many more instances and runs. */
const isLong = process.env.UPLIFT_LONG_TESTS === '1';

export const SIZES = isLong
  ? {
      crashRuns: 200,
      queuedUpgrades: 2_000,
      polledBuilds: 1_000,
      waitingForLagoon: 250,
      readersThrownOut: 500,
      everyStep: true,
    }
  : {
      crashRuns: 20,
      queuedUpgrades: 200,
      polledBuilds: 400,
      waitingForLagoon: 60,
      readersThrownOut: 60,
      everyStep: false,
    };
