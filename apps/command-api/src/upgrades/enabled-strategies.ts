import type { UpgradeStrategy } from '@uplift/domain';
import { UPGRADE_STRATEGIES } from '@uplift/domain';

/** Promoting changes the deploy type of an environment for good: an installation must ask for it. */
export function enabledStrategies(settings: {
  readonly promoteEnabled: boolean;
}): readonly UpgradeStrategy[] {
  return UPGRADE_STRATEGIES.filter((name) => name !== 'promote' || settings.promoteEnabled);
}
