/** `npm run test:long` sets it: the same suites, with many more instances and runs. */
const isLong = process.env.UPLIFT_LONG_TESTS === '1';

export const SIZES = isLong
  ? {
      crashRuns: 200,
      polledBuilds: 1_000,
      waitingForLagoon: 250,
      readersThrownOut: 500,
      everyStep: true,
    }
  : {
      crashRuns: 20,
      polledBuilds: 400,
      waitingForLagoon: 60,
      readersThrownOut: 60,
      everyStep: false,
    };
