import { upliftForAll } from '../support/running-uplift';
import { fleetUpgradeSuite } from './fleet-upgrade.suite';
import { publicInterfacesSuite } from './public-interfaces.suite';

describe('Uplift as processes on real servers', () => {
  const uplift = upliftForAll({ clockSpeed: 480 });

  fleetUpgradeSuite(uplift);
  publicInterfacesSuite(uplift);
});
