import { isUpgradeStrategy, UPGRADE_STRATEGIES } from './upgrade-strategy';

describe('an upgrade strategy', () => {
  it('is one of the known names', () => {
    expect(UPGRADE_STRATEGIES.every(isUpgradeStrategy)).toBe(true);
    expect(isUpgradeStrategy('rebuild')).toBe(false);
  });
});
