import { ERASURES_STREAM } from '@uplift/contracts';
import { erasuresDecider } from '@uplift/domain';
import { StreamHistory, SystemCommandHandler } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { Health, Metrics } from '@uplift/runtime';
import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { ActorNameKeeper } from '../access/actor-name-keeper';
import { meterOn, refusedWith } from '../testing/command-requests';
import { InMemoryActorNames } from '../testing/in-memory.actor-names';
import { ActorCommands, ErasureStream } from './actor-commands';

const JANE = 'aaaaaaaa-0000-5000-8000-000000000001';
const JOHN = 'aaaaaaaa-0000-5000-8000-000000000002';

function setUp() {
  const clock = new VirtualClock();
  const store = new InMemoryEventStore();
  const names = new InMemoryActorNames();
  const metrics = new Metrics('command-api');
  const health = new Health(clock);
  const keeper = new ActorNameKeeper(names, { store, clock, metrics, health });
  const history = new StreamHistory(store, 'command-api', 'system', erasuresDecider);
  const ports = { clock, randomness: new SeededRandomness(1) };
  const handler = new SystemCommandHandler(ERASURES_STREAM, history, ports);
  const commands = new ActorCommands(new ErasureStream(handler, meterOn(clock, metrics)), keeper);
  const erase = (actorId: string, idempotencyKey: string) => {
    const actor = { type: 'user', id: 'operator-7' } as const;
    return commands.erase(actorId, 'OPS-12', {
      transport: 'http',
      actor,
      labels: {},
      idempotencyKey,
    });
  };
  return { store, names, commands, erase };
}

describe('an actor', () => {
  it('is shown by name where one is kept', async () => {
    const { names, commands } = setUp();
    names.rows.set(JANE, 'Jane Doe').set(JOHN, null);
    expect(await commands.show(JANE)).toEqual({ actorId: JANE, state: 'named', name: 'Jane Doe' });
    expect(await commands.show(JOHN)).toEqual({ actorId: JOHN, state: 'unnamed', name: null });
    expect(await commands.list([JANE, JOHN])).toEqual({
      items: [{ actorId: JANE, name: 'Jane Doe' }],
    });
  });

  it('is erased by an event that has no name in it, once', async () => {
    const { store, names, commands, erase } = setUp();
    names.rows.set(JANE, 'Jane Doe');
    const first = await erase(JANE, 'key-1');
    expect(first).toMatchObject({ outcome: 'accepted', answer: { actorId: JANE, nameGone: true } });
    expect(await commands.show(JANE)).toEqual({ actorId: JANE, state: 'erased', name: null });
    expect(names.rows.get(JANE)).toBeNull();

    expect(await erase(JANE, 'key-1')).toEqual({ ...first, outcome: 'repeated' });
    expect(await erase(JANE, 'key-2')).toMatchObject({ outcome: 'unchanged' });
    const events = await store.load(ERASURES_STREAM);
    expect(events.map(({ type, data }) => ({ type, data }))).toEqual([
      {
        type: 'ActorErased',
        data: { actorId: JANE, reason: 'OPS-12', requestedBy: 'operator-7' },
      },
      { type: 'CommandNoted', data: { command: 'EraseActor' } },
    ]);
  });

  it('is erased also while the database is away, and then says that the name is still there', async () => {
    const { names, commands, erase } = setUp();
    names.isAway = true;
    expect(await erase(JANE, 'key-1')).toMatchObject({
      outcome: 'accepted',
      answer: { nameGone: false },
    });
    expect(await commands.show(JANE)).toMatchObject({ state: 'erased' });
    const unavailable = refusedWith('actor-names-unavailable');
    await expect(commands.show(JOHN)).rejects.toMatchObject(unavailable);
  });
});
