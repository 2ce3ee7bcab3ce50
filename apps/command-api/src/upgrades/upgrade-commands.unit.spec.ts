import { UPGRADE_STRATEGIES } from '@uplift/domain';
import { UpgradePolicy } from './upgrade-commands';

const strategiesOf = (promoteEnabled: boolean) =>
  new UpgradePolicy({ deadlineAttemptMs: 1, promoteEnabled }).enabledStrategies;

describe('the strategies an installation permits', () => {
  it('are all but promote, unless it asks for promote', () => {
    expect(strategiesOf(true)).toEqual(UPGRADE_STRATEGIES);
    expect(strategiesOf(false)).toEqual(UPGRADE_STRATEGIES.filter((name) => name !== 'promote'));
  });
});
