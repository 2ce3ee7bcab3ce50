import { upliftForAll } from '../support/running-uplift';
import { lagoonRecoverySuite } from './scale/lagoon-recovery.suite';
import { CLOCK_SPEED, pollerRestartSuite } from './scale/poller-restart.suite';

/** `npm run test:long` runs them with many more instances. */
describe('large fleets', () => {
  const uplift = upliftForAll({
    clockSpeed: CLOCK_SPEED,
    services: ['relay', 'projector', 'command-api'],
  });

  pollerRestartSuite(uplift);
  lagoonRecoverySuite(uplift);
});
