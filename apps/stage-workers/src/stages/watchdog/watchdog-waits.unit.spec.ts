import type { SystemEvent } from '@uplift/domain';
import { SystemHistory } from '@uplift/event-store';
import { ORDER, PROFILE } from '../../testing/example-upgrade';
import { SkewedClock } from '../../testing/fast.clock';
import { MINUTE, WatchedFleet, OWN_NAME } from '../../testing/watched-fleet';

const fleets: WatchedFleet[] = [];
afterEach(() => fleets.splice(0).forEach((fleet) => fleet.stop()));

function watched(): WatchedFleet {
  const fleet = new WatchedFleet();
  fleets.push(fleet);
  return fleet;
}

it('the watchdog settles whom it can, whoever before them cannot be settled', async () => {
  const fixture = watched();
  const errors: unknown[] = [];
  fixture.watch({ onError: (error) => errors.push(error) });
  const [stuck, late] = await fixture.fleet.joinMany(2, 'PreUpgradeStarted');
  const { store } = fixture.fleet;
  const append = store.append.bind(store);
  jest
    .spyOn(store, 'append')
    .mockImplementation((stream, ...rest) =>
      stream.endsWith(stuck!) ? Promise.reject(new Error('full')) : append(stream, ...rest),
    );
  await fixture.pass(12 * MINUTE);
  expect((await fixture.fleet.types(late!)).at(-1)).toBe('PreUpgradeFailed');
  expect((await fixture.fleet.types(stuck!)).at(-1)).toBe('PreUpgradeStarted');
  expect(errors.length).toBeGreaterThan(0);
});

describe('the watchdog and an outage of Lagoon', () => {
  it('fails nobody, explains everyone once, and lets everyone go on', async () => {
    const fixture = watched();
    fixture.watch();
    const inHand = await fixture.fleet.joinMany(4, 'PreUpgradeStarted');
    const unheld = await fixture.fleet.joinMany(196, 'PreUpgradeStarted');
    for (const id of inHand) await fixture.workerSays(id, 'WaitingFor');
    await fixture.pass(29 * MINUTE);
    for (const id of [...inHand, ...unheld]) {
      expect(await fixture.since('PreUpgradeStarted', id)).toEqual(['WaitingFor']);
    }
    for (const id of inHand) await fixture.workerSays(id, 'WaitEnded');
    await fixture.pass(2 * MINUTE);
    for (const id of [...inHand, ...unheld]) {
      expect(await fixture.since('PreUpgradeStarted', id)).toEqual(['WaitingFor', 'WaitEnded']);
    }
    expect(fixture.loaded).toHaveLength(2 * unheld.length);
    const all = [...inHand, ...unheld];
    await Promise.all(all.map((id) => fixture.fleet.goOn(id, 'PostUpgradeCompleted')));
    for (const id of all)
      expect((await fixture.fleet.types(id)).at(-1)).toBe('PostUpgradeCompleted');
  });

  it('ends an attempt that has had its time without the waiting, with evidence', async () => {
    const fixture = watched();
    fixture.watch();
    const mortal = await fixture.fleet.join('PreUpgradeStarted', { attemptMs: 8 * MINUTE });
    const inHand = await fixture.fleet.join('PreUpgradeStarted');
    await fixture.workerSays(inHand, 'WaitingFor');
    await fixture.workerSays(mortal, 'WaitingFor');
    await fixture.pass(120 * MINUTE);
    const during = await fixture.since('PreUpgradeStarted', mortal);
    expect([...new Set(during)]).toEqual(['WaitingFor', 'StillWaiting']);
    await fixture.workerSays(mortal, 'WaitEnded');
    await fixture.pass(7.5 * MINUTE);
    expect((await fixture.fleet.types(mortal)).at(-1)).toBe('WaitEnded');
    await fixture.pass(MINUTE);
    const { events } = await fixture.fleet.history.load(mortal);
    const limitMs = 8 * MINUTE;
    expect(events.slice(-2)).toMatchObject([
      { type: 'StageTimedOut', data: { limitMs } },
      { type: 'PreUpgradeFailed', data: { reason: 'stage-timed-out', evidence: { limitMs } } },
    ]);
  });

  it('times out what nobody took up after the outage', async () => {
    const fixture = watched();
    fixture.watch();
    const [inHand, lost] = await fixture.fleet.joinMany(2, 'PreUpgradeStarted');
    await fixture.workerSays(inHand!, 'WaitingFor');
    await fixture.pass(30 * MINUTE);
    await fixture.workerSays(inHand!, 'WaitEnded');
    await fixture.pass(2 * MINUTE);
    expect(await fixture.since('PreUpgradeStarted', lost!)).toEqual(['WaitingFor', 'WaitEnded']);
    await fixture.pass(10 * MINUTE);
    expect((await fixture.since('WaitEnded', lost!)).at(-1)).toBe('PreUpgradeFailed');
  });

  it('does not take the outage of one core for that of another', async () => {
    const fixture = watched();
    fixture.watch();
    const [inHand] = await fixture.fleet.joinMany(1, 'PreUpgradeStarted');
    const profile = { ...PROFILE, core: 'us-1' };
    const elsewhere = await fixture.fleet.join('PreUpgradeStarted', { profile });
    await fixture.workerSays(inHand!, 'WaitingFor');
    await fixture.pass(11 * MINUTE);
    expect((await fixture.fleet.types(elsewhere)).at(-1)).toBe('PreUpgradeFailed');
  });

  it('says nothing again to an instance that was tried in between', async () => {
    const fixture = watched();
    fixture.watch();
    const inHand = await fixture.fleet.join('PreUpgradeStarted');
    const tried = await fixture.fleet.join('UpgradeRequested');
    await fixture.workerSays(inHand, 'WaitingFor');
    await fixture.pass(6 * MINUTE);
    await fixture.fleet.goOn(tried, 'PreUpgradeStarted');
    await fixture.pass(20 * MINUTE);
    expect(await fixture.since('UpgradeRequested', tried)).toEqual([
      'WaitingFor',
      'PreUpgradeStarted',
    ]);
    await fixture.workerSays(inHand, 'WaitEnded');
    await fixture.pass(2 * MINUTE);
    expect((await fixture.fleet.types(tried)).at(-1)).toBe('WaitEnded');
  });

  it('knows all of it again after it was started anew', async () => {
    const fixture = watched();
    const [inHand, unheld] = await fixture.fleet.joinMany(2, 'PreUpgradeStarted');
    await fixture.workerSays(inHand!, 'WaitingFor');
    for (let n = 0; n < 6; n++) {
      const watchdog = fixture.watch();
      await fixture.pass(4 * MINUTE);
      watchdog.onApplicationShutdown();
    }
    expect(await fixture.since('PreUpgradeStarted', unheld!)).toEqual(['WaitingFor']);
  });
});

describe('the watchdog and a core without room', () => {
  const AGREED = { name: 'eu-1', triggersPerHour: 60, triggerBurst: 20, buildsInFlight: 1 };

  it('explains those who wait to be let in, until there is room', async () => {
    const fixture = watched();
    fixture.watch({ limits: AGREED });
    const busy = await fixture.fleet.join('DeploymentAccepted');
    const waiting = await fixture.fleet.joinMany(3, 'UpgradeRequested');
    await fixture.pass(30 * MINUTE);
    for (const id of waiting)
      expect(await fixture.since('UpgradeRequested', id)).toEqual(['WaitingFor']);
    const { state } = await fixture.fleet.history.load(waiting[0]!);
    const notes = state.kind === 'upgrading' ? state.notes : null;
    expect(notes?.waitingFor).toMatchObject({ target: 'admission:eu-1', place: 1 });
    await fixture.fleet.goOn(busy, 'UpgradeCompleted');
    await fixture.pass(2 * MINUTE);
    for (const id of waiting) expect((await fixture.fleet.types(id)).at(-1)).toBe('WaitEnded');
  });

  it('is not fooled by the moment between one build and the next', async () => {
    const fixture = watched();
    fixture.watch({ limits: AGREED });
    const busy = await fixture.fleet.join('DeploymentAccepted');
    await fixture.pass(MINUTE);
    const waiting = await fixture.fleet.join('UpgradeRequested');
    await fixture.pass(4.5 * MINUTE);
    await fixture.fleet.goOn(busy, 'UpgradeCompleted');
    await fixture.pass(MINUTE / 2);
    expect(await fixture.since('UpgradeRequested', waiting)).toEqual(['WaitingFor']);
  });

  it('times out those who are not let in although there is room', async () => {
    const fixture = watched();
    fixture.watch({ limits: AGREED });
    const forgotten = await fixture.fleet.join('UpgradeRequested');
    await fixture.pass(10 * MINUTE);
    expect(await fixture.since('UpgradeRequested', forgotten)).toEqual([
      ...Array<string>(3).fill('StageRedriven'),
      'StageTimedOut',
      'PreUpgradeFailed',
    ]);
  });

  it('explains nobody else with it', async () => {
    const fixture = watched();
    fixture.watch({ limits: AGREED });
    await fixture.fleet.join('DeploymentAccepted');
    const elsewhere = await fixture.fleet.join('PostUpgradePending');
    await fixture.pass(10 * MINUTE);
    expect((await fixture.fleet.types(elsewhere)).at(-1)).toBe('PostUpgradeFailed');
  });
});

describe('the watchdog and a switch of all starts', () => {
  const stop: SystemEvent = {
    type: 'StartsStopped',
    data: { core: null, requestedBy: 'operator-7', reason: 'incident' },
  };

  it('explains whoever has not begun by it, until starts are allowed, and nobody else', async () => {
    const fixture = watched();
    fixture.watch();
    const switches = new SystemHistory(fixture.fleet.store, 'command-api');
    await flip(switches, stop);
    const [waiting] = await fixture.fleet.joinMany(1, 'UpgradeRequested');
    const later = await fixture.fleet.join('PostUpgradePending');
    await fixture.pass(10 * MINUTE);
    const { decoded } = await fixture.fleet.history.load(waiting!);
    expect(decoded.at(-1)).toMatchObject({
      type: 'WaitingFor',
      data: {
        target: 'switch:system',
        evidence: { requestedBy: 'operator-7', reason: 'incident' },
      },
    });
    expect((await fixture.fleet.types(later)).at(-1)).toBe('PostUpgradeFailed');
    await flip(switches, { ...stop, type: 'StartsAllowed' });
    await fixture.pass(3 * MINUTE);
    expect((await fixture.fleet.types(waiting!)).at(-1)).toBe('WaitEnded');
  });

  it('knows a core by its own name too', async () => {
    const fixture = watched();
    fixture.watch();
    const switches = new SystemHistory(fixture.fleet.store, 'command-api');
    await flip(switches, { ...stop, data: { ...stop.data, core: OWN_NAME } });
    const [waiting] = await fixture.fleet.joinMany(1, 'UpgradeRequested');
    await fixture.pass(10 * MINUTE);
    const { decoded } = await fixture.fleet.history.load(waiting!);
    expect(decoded.at(-1)).toMatchObject({ data: { target: `switch:${OWN_NAME}` } });
  });

  it('lets a call that is not repeated wait for it as long as it lasts', async () => {
    const fixture = watched();
    fixture.watch();
    const switches = new SystemHistory(fixture.fleet.store, 'command-api');
    await flip(switches, stop);
    const calling = await fixture.fleet.join('DeploymentRequested');
    const { workOrder } = await orderOf(fixture, calling);
    const { upgradeId, attempt } = workOrder;
    const since = new Date(fixture.fleet.clock.wall()).toISOString();
    const wait = { upgradeId, attempt, target: 'switch:system', since, stage: 'upgrade' } as const;
    await fixture.fleet.append(calling, { type: 'WaitingFor', data: wait });
    await fixture.pass(20 * MINUTE);
    expect((await fixture.fleet.types(calling)).at(-1)).toBe('WaitingFor');
    await flip(switches, { ...stop, type: 'StartsAllowed' });
    await fixture.pass(3 * MINUTE);
    expect(await fixture.fleet.types(calling)).toContain('WaitEnded');
  });
});

async function orderOf({ fleet }: Pick<ReturnType<typeof watched>, 'fleet'>, instanceId: string) {
  const { state } = await fleet.history.load(instanceId);
  if (state.kind !== 'upgrading') throw new TypeError('the instance is not being upgraded');
  return state;
}

async function flip(switches: SystemHistory, event: SystemEvent): Promise<void> {
  const { head } = await switches.load();
  await switches.append(head, [event], {
    causationId: event.type,
    step: 'given',
    correlationId: 'c',
    actor: { type: 'system', id: 'command-api' },
  });
}

describe('the watchdog and a time to start by', () => {
  it('lets what has not begun expire when the store says that it is over', async () => {
    const fixture = watched();
    fixture.watch();
    const startBy = new Date(fixture.fleet.clock.wall() + 2 * MINUTE).toISOString();
    const waiting = await fixture.fleet.join('UpgradeRequested', { startBy });
    const begun = await fixture.fleet.join('PreUpgradeStarted', { startBy });
    await fixture.pass(MINUTE);
    expect(await fixture.since('UpgradeRequested', waiting)).toEqual([]);
    await fixture.pass(2 * MINUTE);
    expect(await fixture.since('UpgradeRequested', waiting)).toEqual(['UpgradeExpired']);
    expect(await fixture.since('PreUpgradeStarted', begun)).toEqual([]);
  });

  it('lets nothing expire by a clock of this machine that is ahead', async () => {
    const fixture = watched();
    fixture.watch({ clock: new SkewedClock(fixture.fleet.clock, 120 * MINUTE) });
    const startBy = new Date(fixture.fleet.clock.wall() + 60 * MINUTE).toISOString();
    const waiting = await fixture.fleet.join('UpgradeRequested', { startBy });
    await fixture.pass(3 * MINUTE);
    expect(await fixture.since('UpgradeRequested', waiting)).toEqual([]);
  });
});

describe('the watchdog and a wait that lasts', () => {
  const told = async (fleet: WatchedFleet, id: string) =>
    (await fleet.fleet.types(id)).filter((type) => type === 'StillWaiting').length;

  it('tells it every half hour at most, also when it is started anew in between', async () => {
    const fixture = watched();
    const waiting = await fixture.fleet.join('PreUpgradeStarted');
    await fixture.workerSays(waiting, 'WaitingFor');
    for (let n = 1; n <= 10; n += 1) {
      const watchdog = fixture.watch();
      await fixture.pass(13 * MINUTE);
      watchdog.onApplicationShutdown();
    }
    expect(await told(fixture, waiting)).toBe(4);
    const { decoded } = await fixture.fleet.history.load(waiting);
    expect(decoded.at(-1)).toMatchObject({ type: 'StillWaiting', data: { target: 'lagoon:eu-1' } });
  });

  it('tells it once when two of them watch', async () => {
    const fixture = watched();
    fixture.watch();
    fixture.watch();
    const waiting = await fixture.fleet.join('PreUpgradeStarted');
    await fixture.workerSays(waiting, 'WaitingFor');
    await fixture.pass(35 * MINUTE);
    expect(await told(fixture, waiting)).toBe(1);
  });

  it('tells it of an instance that an operator holds, and never ends it', async () => {
    const fixture = watched();
    fixture.watch();
    const parked = await fixture.fleet.join('PreUpgradeStarted');
    const { state } = await fixture.fleet.history.load(parked);
    const { upgradeId, attempt } = state.kind === 'upgrading' ? state.workOrder : ORDER;
    const asked = { requestedBy: 'operator-7', reason: 'look' };
    const data = { upgradeId, attempt, ...asked };
    await fixture.fleet.append(parked, { type: 'InstanceParked', data });
    await fixture.pass(24 * 60 * MINUTE);
    expect(await told(fixture, parked)).toBeGreaterThanOrEqual(45);
    expect(await told(fixture, parked)).toBeLessThanOrEqual(48);
    const { decoded } = await fixture.fleet.history.load(parked);
    expect(decoded.at(-1)).toMatchObject({ type: 'StillWaiting', data: { target: 'operator' } });
  });
});

describe('the watchdog and an upgrade that was to begin by a time', () => {
  const startBy = (fixture: WatchedFleet, inMs: number) =>
    new Date(fixture.fleet.clock.wall() + inMs).toISOString();

  it('lets it expire when that time is over by the store, also while it waits', async () => {
    const fixture = watched();
    fixture.watch();
    const order = { startBy: startBy(fixture, 20 * MINUTE) };
    const waiting = await fixture.fleet.join('UpgradeRequested', order);
    const begun = await fixture.fleet.join('PreUpgradeStarted', order);
    await fixture.workerSays(waiting, 'WaitingFor');
    await fixture.workerSays(begun, 'WaitingFor');
    await fixture.pass(19.5 * MINUTE);
    expect((await fixture.fleet.types(waiting)).at(-1)).toBe('WaitingFor');
    await fixture.pass(MINUTE);
    const { state } = await fixture.fleet.history.load(waiting);
    expect(await fixture.since('WaitingFor', waiting)).toEqual(['UpgradeExpired']);
    expect(state).toMatchObject({ kind: 'resting', status: 'running-healthy-claimed' });
    expect((await fixture.fleet.types(begun)).at(-1)).toBe('WaitingFor');
  });

  it('goes by the store, not by an own clock that is two hours ahead', async () => {
    const fixture = watched();
    fixture.watch({ clock: new SkewedClock(fixture.fleet.clock, 120 * MINUTE) });
    const order = { startBy: startBy(fixture, 60 * MINUTE) };
    const waiting = await fixture.fleet.join('UpgradeRequested', order);
    await fixture.workerSays(waiting, 'WaitingFor');
    await fixture.pass(50 * MINUTE);
    expect(await fixture.fleet.types(waiting)).not.toContain('UpgradeExpired');
  });
});
