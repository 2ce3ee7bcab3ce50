import { upliftForAll } from '../support/running-uplift';
import { busRightsSuite } from './bus-rights.suite';
import { fleetUpgradeSuite } from './fleet-upgrade.suite';
import { metricsSuite } from './metrics.suite';
import { publicInterfacesSuite } from './public-interfaces.suite';

describe('Uplift as processes on real servers', () => {
  const uplift = upliftForAll({ clockSpeed: 480 });

  fleetUpgradeSuite(uplift);
  metricsSuite(uplift);
  publicInterfacesSuite(uplift);
  busRightsSuite(uplift);
});
