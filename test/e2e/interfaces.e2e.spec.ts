import { upliftForAll } from '../support/running-uplift';
import { busRightsSuite } from './bus-rights.suite';
import { fleetUpgradeSuite } from './fleet-upgrade.suite';
import { metricsSuite } from './metrics.suite';
import { publicInterfacesSuite } from './public-interfaces.suite';
import { SECRET_SETTINGS, secretsSuite } from './secrets.suite';

describe('Uplift as processes on real servers', () => {
  const uplift = upliftForAll({ clockSpeed: 480, env: SECRET_SETTINGS });

  fleetUpgradeSuite(uplift);
  metricsSuite(uplift);
  publicInterfacesSuite(uplift);
  busRightsSuite(uplift);
  secretsSuite(uplift);
});
