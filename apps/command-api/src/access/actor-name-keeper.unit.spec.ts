import { ERASURES_STREAM } from '@uplift/contracts';
import { erasuresDecider } from '@uplift/domain';
import { StreamHistory, SystemCommandHandler } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { Health, Metrics } from '@uplift/runtime';
import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { refusedWith } from '../testing/command-requests';
import { InMemoryActorNames } from '../testing/in-memory.actor-names';
import { ActorNameKeeper } from './actor-name-keeper';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

function setUp({ isKept = true } = {}) {
  const clock = new VirtualClock();
  const store = new InMemoryEventStore();
  const names = new InMemoryActorNames();
  const health = new Health(clock);
  const metrics = new Metrics('command-api');
  const start = (ports: Partial<{ health: Health; metrics: Metrics }> = {}) => {
    const keeper = new ActorNameKeeper(isKept ? names : null, {
      ...{ store, clock, health, metrics, ...ports },
    });
    keeper.onApplicationBootstrap();
    return keeper;
  };
  const randomness = new SeededRandomness(1);
  const history = new StreamHistory(store, 'command-api', 'system', erasuresDecider);
  const handler = new SystemCommandHandler(ERASURES_STREAM, history, { clock, randomness });
  /** As the event says it, of whatever process. */
  const erased = async (actorId: string) => {
    const data = { actorId, requestedBy: 'operator-7', reason: 'OPS-12' };
    const actor = { type: 'user', id: 'operator-7' } as const;
    const cause = { causationId: randomness.uuid(), step: 'erase', correlationId: 'c', actor };
    await handler.handle({ command: { type: 'EraseActor', data }, cause }, { tries: 1 });
  };
  const another = () => start({ health: new Health(clock), metrics: new Metrics('command-api') });
  const counted = async (outcome: string) => {
    const page = await metrics.registry.metrics();
    return Number(new RegExp(`actor_names_total\\{outcome="${outcome}"\\} (\\d+)`).exec(page)?.[1]);
  };
  const degraded = async () => (await health.readiness()).degraded?.['actor names'];
  return { clock, store, names, keeper: start(), another, erased, counted, degraded };
}

const table = ({ rows }: InMemoryActorNames) => Object.fromEntries(rows);

describe('the name of an actor', () => {
  it('is kept, and changes with what the newest token says', async () => {
    const { keeper, names, clock } = setUp();
    keeper.note('a-1', 'Jane');
    keeper.note('a-2', undefined);
    await clock.advance(5_000);
    keeper.note('a-1', 'Jane Doe');
    await clock.advance(5_000);
    expect(table(names)).toEqual({ 'a-1': 'Jane Doe' });
    expect(await keeper.namesOf(['a-1', 'a-2'])).toEqual(new Map([['a-1', 'Jane Doe']]));
  });

  it('is written once an hour, however often it comes', async () => {
    const { keeper, names, clock } = setUp();
    for (let n = 0; n < 700; n += 1) {
      keeper.note('a-1', 'Jane');
      await clock.advance(5_000);
    }
    expect(names.writes).toBe(1);
    await clock.advance(HOUR_MS);
    keeper.note('a-1', 'Jane');
    await clock.advance(5_000);
    expect(names.writes).toBe(2);
  });

  it('is written later where the database is away, which keeps nobody waiting', async () => {
    const { keeper, names, clock, degraded, counted } = setUp();
    names.isAway = true;
    keeper.note('a-1', 'Jane');
    await clock.advance(MINUTE_MS);
    expect(table(names)).toEqual({});
    expect(await degraded()).toMatch(/names of actors are not kept at present: the database is/);
    await expect(keeper.namesOf(['a-1'])).rejects.toMatchObject(
      refusedWith('actor-names-unavailable'),
    );
    names.isAway = false;
    await clock.advance(5_000);
    expect(table(names)).toEqual({ 'a-1': 'Jane' });
    expect(await degraded()).toBeUndefined();
    expect(await counted('stored')).toBe(1);
  });

  it('waits in bounded room: what finds none is counted, and kept when it comes again', async () => {
    const { keeper, names, clock, counted } = setUp();
    names.isAway = true;
    for (let n = 0; n < 1_500; n += 1) keeper.note(`a-${n}`, `Jane ${n}`);
    await clock.advance(5_000);
    expect(await counted('lost')).toBe(500);
    names.isAway = false;
    await clock.advance(5_000);
    expect(names.rows.size).toBe(1_000);
    keeper.note('a-1400', 'Jane 1400');
    await clock.advance(5_000);
    expect(names.rows.get('a-1400')).toBe('Jane 1400');
  });

  it('that the database cannot store is lost alone, and counted', async () => {
    const { keeper, names, clock, counted, degraded } = setUp();
    names.unstorable = /👩/u;
    keeper.note('a-1', 'Jane');
    keeper.note('a-2', 'Ada 👩‍💻');
    keeper.note('a-3', 'John');
    keeper.noteUnlessNamed('a-4', '👩‍💻');
    await clock.advance(5_000);
    expect(table(names)).toEqual({ 'a-1': 'Jane', 'a-3': 'John' });
    expect([await counted('stored'), await counted('lost')]).toEqual([2, 2]);
    expect(await degraded()).toBeUndefined();

    const { writes } = names;
    keeper.note('a-2', 'Ada 👩‍💻');
    await clock.advance(MINUTE_MS);
    expect(names.writes).toBe(writes);
    expect(await counted('lost')).toBe(2);
  });

  it('that was lost is filled in when it comes again, and one that is there stays', async () => {
    const { keeper, another, names, clock } = setUp();
    keeper.note('a-1', 'Jane');
    keeper.noteUnlessNamed('a-1', 'Another');
    keeper.noteUnlessNamed('a-2', 'John');
    keeper.noteUnlessNamed('a-3', undefined);
    await clock.advance(5_000);
    names.rows.set('a-4', null);
    const other = another();
    for (const actorId of ['a-1', 'a-2', 'a-4']) other.noteUnlessNamed(actorId, 'Another');
    await clock.advance(5_000);
    expect(table(names)).toEqual({ 'a-1': 'Jane', 'a-2': 'John', 'a-4': null });
  });

  it('is written before the process ends', async () => {
    const { keeper, names, clock } = setUp();
    await clock.advance(1);
    keeper.note('a-1', 'Jane');
    await keeper.beforeApplicationShutdown();
    await keeper.onApplicationShutdown();
    expect(table(names)).toEqual({ 'a-1': 'Jane' });
  });

  it('is kept nowhere without a database, which is no fault', async () => {
    const { keeper, names, clock, degraded } = setUp({ isKept: false });
    keeper.note('a-1', 'Jane');
    await clock.advance(MINUTE_MS);
    expect(table(names)).toEqual({});
    expect(await keeper.namesOf(['a-1'])).toEqual(new Map());
    expect(await degraded()).toBeUndefined();
    await keeper.beforeApplicationShutdown();
    await keeper.onApplicationShutdown();
  });
});

describe('an erased actor', () => {
  it('has no name any more, and gets none with whatever token it comes', async () => {
    const { keeper, another, names, clock, erased } = setUp();
    const other = another();
    keeper.note('a-1', 'Jane');
    await clock.advance(5_000);
    await erased('a-1');
    expect(await keeper.forget('a-1')).toBe(true);
    expect(table(names)).toEqual({ 'a-1': null });
    keeper.note('a-1', 'Jane');
    other.note('a-1', 'Jane');
    await clock.advance(2 * MINUTE_MS);
    expect(table(names)).toEqual({ 'a-1': null });
    expect(await keeper.isErased('a-1')).toBe(true);
    expect(await keeper.namesOf(['a-1'])).toEqual(new Map());
  });

  it('is erased by every process, also where the one that was asked ended before', async () => {
    const { keeper, names, clock, erased } = setUp();
    keeper.note('a-1', 'Jane');
    await clock.advance(5_000);
    await erased('a-1');
    await clock.advance(MINUTE_MS + 5_000);
    expect(table(names)).toEqual({ 'a-1': null });
  });

  it('stays erased where the table is put back to an older copy', async () => {
    const { keeper, names, clock, erased } = setUp();
    await erased('a-1');
    await keeper.forget('a-1');
    await clock.advance(MINUTE_MS);
    names.rows.set('a-1', 'Jane');
    expect(await keeper.namesOf(['a-1'])).toEqual(new Map());
    await clock.advance(MINUTE_MS + 5_000);
    expect(table(names)).toEqual({ 'a-1': null });
  });

  it('is erased when the database is back, and shown to nobody before', async () => {
    const { keeper, names, clock, erased } = setUp();
    keeper.note('a-1', 'Jane');
    await clock.advance(5_000);
    names.isAway = true;
    await erased('a-1');
    expect(await keeper.forget('a-1')).toBe(false);
    names.isAway = false;
    expect(await keeper.namesOf(['a-1'])).toEqual(new Map());
    await clock.advance(5_000);
    expect(table(names)).toEqual({ 'a-1': null });
  });

  it('may be erased before it comes', async () => {
    const { keeper, names, clock, erased } = setUp();
    await erased('a-9');
    await keeper.forget('a-9');
    keeper.note('a-9', 'Jane');
    await clock.advance(MINUTE_MS);
    expect(table(names)).toEqual({ 'a-9': null });
  });

  it('is known as such without a database too', async () => {
    const { keeper, erased } = setUp({ isKept: false });
    expect(await keeper.isErased('a-1')).toBe(false);
    await erased('a-1');
    expect(await keeper.forget('a-1')).toBe(true);
    expect(await keeper.isErased('a-1')).toBe(true);
  });
});
