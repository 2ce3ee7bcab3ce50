import { upliftForAll } from '../support/running-uplift';
import { busRightsSuite } from './bus-rights.suite';
import { cancelledScriptSuite } from './cancelled-script.suite';
import { commandLineSuite } from './command-line.suite';
import { holdingSuite } from './holding.suite';
import { operatorSessionSuite } from './operator-session.suite';
import { recoverySuite } from './recovery.suite';
import { refusedUpgradesSuite } from './refused-upgrades.suite';
import { steppingInSuite } from './stepping-in.suite';

describe('what operators do with Uplift as processes on real servers', () => {
  const uplift = upliftForAll({
    clockSpeed: 480,
    env: { UPLIFT_PERMISSION_PAUSE_MS: '50' },
    // A call in doubt stays so until an operator says what became of it.
    serviceEnv: { upgrade: { UPLIFT_SETTLE_WINDOW_MS: '600000' } },
  });

  operatorSessionSuite(uplift);
  refusedUpgradesSuite(uplift);
  cancelledScriptSuite(uplift);
  commandLineSuite(uplift);
  recoverySuite(uplift);
  holdingSuite(uplift);
  steppingInSuite(uplift);
  busRightsSuite(uplift);
});
