import { upliftForAll } from '../support/running-uplift';
import { killsSuite } from './services/kills.suite';
import { lostAnswersSuite } from './services/lost-answers.suite';
import { SERVICE_KILLS, SOON_REDELIVERED } from './services/process-kill';
import { standingLoopsSuite } from './services/standing-loops.suite';
import { stalledStageSuite } from './services/stalled-stage.suite';

describe('services that die, stand still or hear no answer', () => {
  const uplift = upliftForAll({ clockSpeed: 240, env: SOON_REDELIVERED });

  // The first: a wait soon after an outage of Lagoon is explained by it, and does not end by its deadline.
  stalledStageSuite(uplift);
  killsSuite(uplift, SERVICE_KILLS);
  lostAnswersSuite(uplift);
  standingLoopsSuite(uplift);
});
