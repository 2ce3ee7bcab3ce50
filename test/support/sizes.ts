/** `npm run test:long` sets it: the same suites, with many more instances and runs. */
const isLong = process.env.UPLIFT_LONG_TESTS === '1';

export const SIZES = isLong
  ? {
      killedFleet: 60,
      crashedUpgrades: 4,
      queuedUpgrades: 2_000,
      comingAndGoing: 40,
      polledBuilds: 1_000,
      waitingForLagoon: 250,
      readersThrownOut: 500,
      everyStep: true,
    }
  : {
      killedFleet: 24,
      crashedUpgrades: 2,
      queuedUpgrades: 200,
      comingAndGoing: 16,
      polledBuilds: 400,
      waitingForLagoon: 60,
      readersThrownOut: 30,
      everyStep: false,
    };
