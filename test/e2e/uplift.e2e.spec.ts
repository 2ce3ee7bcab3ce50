import { upliftForAll } from '../support/running-uplift';
import { commandLineSuite } from './command-line.suite';
import { fleetUpgradeSuite } from './fleet-upgrade.suite';
import { publicInterfacesSuite } from './public-interfaces.suite';
import { refusedUpgradesSuite } from './refused-upgrades.suite';

jest.setTimeout(120_000);

describe('Uplift as processes on real servers', () => {
  const uplift = upliftForAll({ clockSpeed: 480, env: { UPLIFT_PERMISSION_PAUSE_MS: '50' } });

  fleetUpgradeSuite(uplift);
  refusedUpgradesSuite(uplift);
  publicInterfacesSuite(uplift);
  commandLineSuite(uplift);
});
