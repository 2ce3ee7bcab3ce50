import { UPGRADE_STRATEGIES } from '@uplift/domain';
import { enabledStrategies } from './upgrade-commands';

describe('the strategies an installation permits', () => {
  it('are all but promote, unless it asks for promote', () => {
    expect(enabledStrategies({ promoteEnabled: true })).toEqual(UPGRADE_STRATEGIES);
    expect(enabledStrategies({ promoteEnabled: false })).toEqual(
      UPGRADE_STRATEGIES.filter((name) => name !== 'promote'),
    );
  });
});
