import { upliftForAll } from '../support/running-uplift';
import { flappingSuite } from './lagoon/flapping.suite';
import { outageSuite } from './lagoon/outage.suite';
import { quirksSuite } from './lagoon/quirks.suite';
import { tokenExpirySuite } from './lagoon/token-expiry.suite';

/** Each suite starts stage workers with settings of its own. Simulated time goes by as slowly as real time. */
describe('a Lagoon that is away, odd or asks for new tokens', () => {
  const uplift = upliftForAll({
    clockSpeed: 1,
    services: ['relay', 'projector', 'command-api'],
    env: { UPLIFT_LOG_LEVEL: 'trace' },
  });

  outageSuite(uplift);
  flappingSuite(uplift);
  quirksSuite(uplift);
  tokenExpirySuite(uplift);
});
