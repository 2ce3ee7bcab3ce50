import { SYSTEM_STREAM } from '@uplift/contracts';
import { loadOrEmpty, SystemCommandHandler, SystemHistory } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { Metrics, systemClock } from '@uplift/runtime';
import { SeededRandomness } from '@uplift/runtime/testing';
import { meterOn } from '../testing/command-requests';
import type { Caller } from '../commands/command-request';
import { SwitchStream, SystemCommands } from './system-commands';

const reason = 'Lagoon is being upgraded';

function setUp() {
  const store = new InMemoryEventStore();
  const ports = { clock: systemClock, randomness: new SeededRandomness(1) };
  const { streams } = new SystemHistory(store, 'command-api');
  const handler = new SystemCommandHandler(SYSTEM_STREAM, streams, ports);
  const metrics = new Metrics('command-api');
  const meter = meterOn(systemClock, metrics);
  const commands = new SystemCommands(new SwitchStream(handler, meter));
  const ask = (
    type: 'StopStarts' | 'AllowStarts',
    key: string,
    { core, ...more }: Partial<Caller> & { readonly core?: string } = {},
  ) => {
    const actor = { type: 'user', id: 'operator-7' } as const;
    const known = { transport: 'http', actor, labels: {}, idempotencyKey: key } as const;
    const caller = { ...known, ...more };
    return commands.switchStarts(type, { reason, ...(core === undefined ? {} : { core }) }, caller);
  };
  const types = async () => (await loadOrEmpty(store, SYSTEM_STREAM)).map(({ type }) => type);
  return { store, ask, types, metrics };
}

describe('the commands to the switches', () => {
  it('stop all starts: who and why are in the history', async () => {
    const { store, ask, metrics } = setUp();

    const { outcome, answer } = await ask('StopStarts', 'k1');

    const [event] = await store.load(SYSTEM_STREAM);
    expect(event).toMatchObject({
      type: 'StartsStopped',
      data: { core: null, requestedBy: 'operator-7', reason },
      metadata: { actor: { id: 'operator-7' }, service: 'command-api' },
    });
    expect({ outcome, answer }).toEqual({
      outcome: 'accepted',
      answer: {
        revision: 0,
        position: event?.position.toString(),
        stopped: true,
        stoppedCores: [],
        links: { system: '/v1/system' },
      },
    });
    expect((await metrics.render()).body).toContain(
      'uplift_commands_total{command="StopStarts",transport="http",outcome="accepted"} 1',
    );
  });

  it('answer a repeated key as at first, whatever happened since', async () => {
    const { ask, types } = setUp();
    const first = await ask('StopStarts', 'k1', { core: 'eu-1' });
    await ask('AllowStarts', 'k2', { core: 'eu-1' });
    await ask('StopStarts', 'k3');

    const again = await ask('StopStarts', 'k1', { core: 'eu-1' });

    expect(again).toEqual({ outcome: 'repeated', answer: first.answer });
    expect(again.answer).toMatchObject({ stopped: false, stoppedCores: ['eu-1'] });
    expect(await types()).toEqual(['StartsStopped', 'StartsAllowed', 'StartsStopped']);
  });

  it('note what held already: the same key never stops starts later', async () => {
    const { ask, types } = setUp();
    await ask('StopStarts', 'k0');
    const first = await ask('StopStarts', 'k1');
    await ask('AllowStarts', 'k2');

    const again = await ask('StopStarts', 'k1');

    expect(first.outcome).toBe('unchanged');
    expect(again).toEqual({ outcome: 'repeated', answer: first.answer });
    expect(await types()).toEqual(['StartsStopped', 'CommandNoted', 'StartsAllowed']);
  });

  it.each([
    ['other content', 'StopStarts', { core: 'eu-1' }],
    ['another command', 'AllowStarts', {}],
  ] as const)('refuse a key that stands for %s', async (_what, type, more) => {
    const { ask, types } = setUp();
    await ask('StopStarts', 'k1');

    await expect(ask(type, 'k1', more)).rejects.toMatchObject({
      problem: { code: 'idempotency-key-reused', status: 422 },
    });
    expect(await types()).toHaveLength(1);
  });

  it('refuse a command made for another revision', async () => {
    const { ask } = setUp();
    await ask('StopStarts', 'k1');

    await expect(ask('AllowStarts', 'k2', { ifRevision: 4 })).rejects.toMatchObject({
      problem: { code: 'precondition-failed', status: 412 },
    });
    await expect(ask('AllowStarts', 'k2', { ifRevision: 0 })).resolves.toMatchObject({
      outcome: 'accepted',
    });
  });
});
