import type { Labels } from '@uplift/domain';
import { deterministicEventId } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { commandServiceOn } from '../testing/command-requests';
import { InstanceCommands } from './instance-commands';

const CALLER = {
  transport: 'http',
  actor: { type: 'user', id: 'somebody' },
  idempotencyKey: 'register-1',
} as const;
const TEAM = { team: 'payments', region: 'eu' };

function setUp() {
  const { service, environments, limits } = commandServiceOn(new InMemoryEventStore());
  const commands = new InstanceCommands(service, environments, limits);
  /** Without an id, under the key that everybody thinks of first. */
  const register = async (environment: string, limit: Labels) => {
    const status = 'running-healthy-claimed';
    const { outcome, instanceId } = await commands.register(
      { project: 'shop', environment, app: 'store-app', status, labels: limit },
      { ...CALLER, labels: limit },
    );
    return { outcome, instanceId };
  };
  return { register };
}

describe('the id of an instance that was registered without one', () => {
  it('is of the key and the limit of its caller: nobody with another limit has it', async () => {
    const { register } = setUp();
    const limits = [TEAM, { team: 'ledger' }, { team: 'payments' }, {}];
    const made = [];
    for (const [n, limit] of limits.entries()) made.push(await register(`main-${n}`, limit));
    expect(made.map(({ outcome }) => outcome)).toEqual(limits.map(() => 'accepted'));
    expect(new Set(made.map(({ instanceId }) => instanceId)).size).toBe(limits.length);
  });

  it('is the same on a repeat, in whatever order the labels of the limit come', async () => {
    const { register } = setUp();
    const { instanceId } = await register('main', TEAM);
    const again = await register('main', { region: 'eu', team: 'payments' });
    expect(again).toEqual({ outcome: 'repeated', instanceId });
  });

  it('is of the key alone where its caller has no limit', async () => {
    const { register } = setUp();
    const instanceId = deterministicEventId('command/register-instance', 'register-1', 0);
    expect(await register('main', {})).toEqual({ outcome: 'accepted', instanceId });
  });
});
