import type { GivenBus } from '../../tools/given-bus/src';

const given = process.env.UPLIFT_TEST_NATS;

/** Somebody else's NATS on which the suites run; undefined where they start servers of their own. */
export const SHARED_BUS = given ? (JSON.parse(given) as GivenBus) : undefined;

/** For what has to stop or fill the servers themselves: told as skipped where they are somebody else's. */
export const describeOnOwnServers = SHARED_BUS === undefined ? describe : describe.skip;
