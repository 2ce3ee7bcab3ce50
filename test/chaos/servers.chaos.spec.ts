import { upliftForAll } from '../support/running-uplift';
import { killsSuite } from './services/kills.suite';
import { SERVER_KILLS, SOON_REDELIVERED } from './services/process-kill';
import { wipedBusSuite } from './services/wiped-bus.suite';

describe('servers that die or lose everything', () => {
  const uplift = upliftForAll({ clockSpeed: 240, env: SOON_REDELIVERED });

  killsSuite(uplift, SERVER_KILLS);
  wipedBusSuite(uplift);
});
