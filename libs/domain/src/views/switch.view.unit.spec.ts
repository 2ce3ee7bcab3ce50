import type { SystemEvent } from '../system/system.events';
import { switchView } from './switch.view';

const ASKED = { requestedBy: 'operator-7', reason: 'Lagoon is being upgraded' };
const viewOf = (event: SystemEvent) => switchView({ eventId: 'e', revision: 3, at: 42, event });

describe('the row of a switch', () => {
  it('says who stopped all starts, why and since when', () => {
    const stopped = viewOf({ type: 'StartsStopped', data: { core: null, ...ASKED } });
    const row = { switchId: 'all', core: null, isStopped: true, since: 42, ...ASKED };
    expect(stopped).toEqual(row);
  });

  it('is one per core, set to and fro', () => {
    const data = { core: 'system', ...ASKED };
    const row = { switchId: 'core:system', core: 'system', since: 42, ...ASKED };
    expect(viewOf({ type: 'StartsStopped', data })).toEqual({ ...row, isStopped: true });
    expect(viewOf({ type: 'StartsAllowed', data })).toEqual({ ...row, isStopped: false });
  });

  it('is not touched by a command that found its effect in place', () => {
    expect(viewOf({ type: 'CommandNoted', data: { command: 'StopStarts' } })).toBeNull();
  });
});
