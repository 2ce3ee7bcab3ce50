import type { ConsumerState } from '@uplift/bus';
import type { InstanceEvent } from '@uplift/domain';
import { MINUTE, WatchedFleet } from '../../testing/watched-fleet';
import type { LookAtConsumer } from './stage-queues';

const IDLE: ConsumerState = { undelivered: 0, inHand: 0, pulls: 1, idleMs: 0 };
const NOBODY_THERE = 'no worker takes messages of this stage';
const fleets: WatchedFleet[] = [];
afterEach(() => fleets.splice(0).forEach((fleet) => fleet.stop()));

/** So many instances that were asked for one after the other, and a bus that says how far it is. */
async function queue(count: number) {
  const watched = new WatchedFleet();
  fleets.push(watched);
  const { fleet } = watched;
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    ids.push(await fleet.join('UpgradeRequested'));
    await fleet.clock.advance(1_000);
  }
  const bus: { state: ConsumerState | null; asked: number; isDown: boolean } = {
    state: { ...IDLE, undelivered: count },
    asked: 0,
    isDown: false,
  };
  const lookAt: LookAtConsumer = (durable) => {
    expect(durable).toMatch(/^pre-upgrade(-redriven)?$/);
    bus.asked += 1;
    return bus.isDown ? Promise.reject(new Error('no answer')) : Promise.resolve(bus.state);
  };
  watched.watch({ lookAt });
  const told = async (id: string): Promise<InstanceEvent[]> => {
    const { decoded } = await fleet.history.load(id);
    return decoded.slice(2);
  };
  return { watched, fleet, ids, bus, told };
}

describe('a stage with a backlog', () => {
  it('fails nobody, tells each its place, and ends the wait of whoever is handed out', async () => {
    const { watched, fleet, ids, bus, told } = await queue(5);
    await watched.pass(8 * MINUTE);
    for (const [n, id] of ids.entries()) {
      expect(await told(id)).toMatchObject([
        { type: 'WaitingFor', data: { target: 'queue:pre-upgrade', place: n + 1 } },
      ]);
    }
    await fleet.goOn(ids[0]!, 'PreUpgradeStarted');
    bus.state = { ...IDLE, undelivered: 3 };
    await watched.pass(2 * MINUTE);
    const types = await Promise.all(ids.map(async (id) => (await fleet.types(id)).at(-1)));
    expect(types).toEqual([
      'PreUpgradeStarted',
      'WaitEnded',
      'WaitingFor',
      'WaitingFor',
      'WaitingFor',
    ]);
  });

  it('tells when it will be their turn, by how many have begun lately', async () => {
    const { watched, fleet, ids, told } = await queue(4);
    const begun = await fleet.joinMany(3, 'UpgradeRequested');
    for (const id of begun) {
      await watched.pass(MINUTE);
      await fleet.goOn(id, 'PreUpgradeStarted');
    }
    const lastAt = fleet.clock.wall();
    await watched.pass(4 * MINUTE);
    const [wait] = await told(ids[1]!);
    const estimatedAt = wait?.type === 'WaitingFor' ? Date.parse(wait.data.estimatedAt ?? '') : 0;
    expect(estimatedAt).toBeGreaterThanOrEqual(lastAt + 2 * MINUTE);
    expect(estimatedAt).toBeLessThanOrEqual(fleet.clock.wall() + 2 * MINUTE);
  });

  it('tells again after half an hour what has changed, and is quiet in between', async () => {
    const { watched, ids, bus, told, fleet } = await queue(3);
    await watched.pass(10 * MINUTE);
    await fleet.goOn(ids[0]!, 'PreUpgradeStarted');
    bus.state = { ...IDLE, undelivered: 2 };
    await watched.pass(24 * MINUTE);
    expect(await told(ids[2]!)).toHaveLength(1);
    await watched.pass(4 * MINUTE);
    expect(await told(ids[2]!)).toMatchObject([
      { type: 'WaitingFor', data: { place: 3 } },
      { type: 'StillWaiting', data: { target: 'queue:pre-upgrade', changed: { place: 2 } } },
    ]);
    const { state } = await fleet.history.load(ids[2]!);
    expect(state).toMatchObject({
      notes: { waitingFor: { target: 'queue:pre-upgrade', place: 2 } },
    });
    await watched.pass(25 * MINUTE);
    expect(await told(ids[2]!)).toHaveLength(2);
  });

  it('that nobody works on is a stall, and says so without offering it again', async () => {
    const { watched, ids, bus, told } = await queue(2);
    bus.state = { undelivered: 2, inHand: 0, pulls: 0, idleMs: 60 * MINUTE };
    await watched.pass(6 * MINUTE);
    for (const id of ids) {
      expect(await told(id)).toMatchObject([
        { type: 'StageTimedOut', data: { reason: NOBODY_THERE } },
        { type: 'PreUpgradeFailed', data: { evidence: { detail: NOBODY_THERE } } },
      ]);
    }
  });

  it('whose workers die ends its waits, and then is a stall', async () => {
    const { watched, ids, bus, told } = await queue(2);
    await watched.pass(8 * MINUTE);
    bus.state = { undelivered: 2, inHand: 0, pulls: 0, idleMs: 6 * MINUTE };
    await watched.pass(7 * MINUTE);
    expect((await told(ids[1]!)).map(({ type }) => type)).toEqual([
      'WaitingFor',
      'WaitEnded',
      'StageTimedOut',
      'PreUpgradeFailed',
    ]);
  });

  it.each([
    ['have their hands full', { undelivered: 2, inHand: 256, pulls: 0, idleMs: 9 * MINUTE }],
    ['ask for messages', { undelivered: 2, inHand: 0, pulls: 3, idleMs: null }],
    ['took one lately', { undelivered: 2, inHand: 0, pulls: 0, idleMs: 4 * MINUTE }],
  ])('whose workers %s is none', async (words, state) => {
    const { watched, fleet, ids, bus, told } = await queue(2);
    bus.state = state;
    if (words === 'have their hands full') await fleet.join('PreUpgradeStarted');
    await watched.pass(6 * MINUTE);
    expect(await told(ids[0]!)).toMatchObject([{ type: 'WaitingFor' }]);
  });
});

describe('a stage that was handed its message and says nothing', () => {
  it.each([
    ['the bus has handed out all', (bus: Bus) => void (bus.state = IDLE)],
    ['the bus has no such consumer', (bus: Bus) => void (bus.state = null)],
    ['the bus does not answer', (bus: Bus) => void (bus.isDown = true)],
  ])('is offered it again three times and then failed: %s', async (_words, set) => {
    const { watched, ids, bus, told } = await queue(1);
    set(bus);
    await watched.pass(12 * MINUTE);
    expect((await told(ids[0]!)).map(({ type }) => type)).toEqual([
      ...Array<string>(3).fill('StageRedriven'),
      'StageTimedOut',
      'PreUpgradeFailed',
    ]);
  });

  it('goes on as soon as it answers to one of them', async () => {
    const { watched, fleet, ids, bus } = await queue(1);
    bus.state = IDLE;
    await watched.pass(6 * MINUTE);
    await fleet.goOn(ids[0]!, 'PreUpgradeStarted');
    await watched.pass(9 * MINUTE);
    expect((await fleet.types(ids[0]!)).at(-1)).toBe('PreUpgradeStarted');
  });
});

type Bus = Awaited<ReturnType<typeof queue>>['bus'];
