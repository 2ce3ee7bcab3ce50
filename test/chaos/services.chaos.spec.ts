import { INSTALLATIONS } from '../../tools/stack/src';
import { upliftForAll } from '../support/running-uplift';
import { killsSuite } from './services/kills.suite';
import { lostAnswersSuite } from './services/lost-answers.suite';
import { SERVICE_KILLS, SOON_REDELIVERED, STAGES_KILLS } from './services/process-kill';
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

describe('all stages in one process that dies', () => {
  const services = INSTALLATIONS.all;
  const uplift = upliftForAll({ clockSpeed: 240, env: SOON_REDELIVERED, services });

  killsSuite(uplift, STAGES_KILLS);
});
