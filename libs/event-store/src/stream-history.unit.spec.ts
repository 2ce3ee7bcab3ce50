import { DECISIONS_STREAM, SYSTEM_STREAM } from '@uplift/contracts';
import type { SystemCommand, SystemState } from '@uplift/domain';
import { ALL_STARTS_ALLOWED } from '@uplift/domain';
import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { parse, v5 as uuid5 } from 'uuid';
import { SystemCommandHandler } from './command-handler';
import type { SystemPolicy } from './command-handler';
import { SystemHistory } from './stream-history';
import { InMemoryEventStore } from './testing/in-memory.event-store';

const asked = { requestedBy: 'operator-7', reason: 'Lagoon is being upgraded' };
const stop = { type: 'StopStarts', data: { core: null, ...asked } } as const;
const stopCore = { type: 'StopStarts', data: { core: 'eu-1', ...asked } } as const;

function setUp() {
  const clock = new VirtualClock();
  const store = new InMemoryEventStore({ clock });
  const history = new SystemHistory(store, 'spec');
  const ports = { clock, randomness: new SeededRandomness(3) };
  const handler = new SystemCommandHandler(SYSTEM_STREAM, history.streams, ports);
  const handle = <A = never>(
    command: SystemCommand,
    causationId: string,
    policy: Partial<SystemPolicy<SystemState, A>> = {},
  ) => {
    const actor = { type: 'user', id: 'operator-7' } as const;
    const cause = { causationId, step: command.type, correlationId: 'system', actor };
    return handler.handle<A>({ command, cause }, { tries: 3, ...policy });
  };
  return { store, history, handle, clock };
}

describe('the history of the switches', () => {
  it('has streams whose ids follow from their names', () => {
    const namespace = parse('5b0d7f3e-6c1a-5e52-9d0b-2f6a4c8e71d9');
    expect(SYSTEM_STREAM).toBe(`system-${uuid5('uplift/system', namespace)}`);
    expect(DECISIONS_STREAM).toBe(`system-${uuid5('uplift/decisions', namespace)}`);
  });

  it('stops nothing before anybody asked', async () => {
    const { history } = setUp();
    expect((await history.load()).state).toEqual(ALL_STARTS_ALLOWED);
    expect(await history.view()).toEqual(ALL_STARTS_ALLOWED);
  });

  it('tells who stopped what, why and since when', async () => {
    const { history, handle, clock } = setUp();
    const first = clock.wall();
    await handle(stop, 'c1');
    await clock.advance(5_000);
    await handle(stopCore, 'c2');
    await handle(stop, 'c3');

    expect(await history.view()).toEqual({
      system: { ...asked, since: first },
      cores: { 'eu-1': { ...asked, since: first + 5_000 } },
    });
    expect((await history.load()).head.revision).toBe(1);
  });
});

describe('a command to the switches', () => {
  it('is decided on the newest state, and appends once under one cause', async () => {
    const { store, handle, clock } = setUp();
    const answers = Promise.all([handle(stop, 'c1'), handle(stop, 'c1'), handle(stop, 'c2')]);
    await clock.advance(1_000);

    const kinds = (await answers).map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['appended', 'not-due']));
    expect(await store.load(SYSTEM_STREAM)).toHaveLength(1);
  });

  it('leaves what the caller wants to leave where it leads to nothing', async () => {
    const { store, handle } = setUp();
    await handle(stop, 'c1');
    const note = { type: 'CommandNoted', data: { command: 'StopStarts' } } as const;
    const handled = await handle(stop, 'c2', { onNothing: () => [note] });

    expect(handled).toMatchObject({ kind: 'not-due', instance: { head: { revision: 1 } } });
    expect((await store.load(SYSTEM_STREAM)).map(({ type }) => type)).toEqual([
      'StartsStopped',
      'CommandNoted',
    ]);
  });
});
