import type { InstanceEventType } from '@uplift/domain';
import { CLOCK_STREAM } from '@uplift/contracts';
import { loadOrEmpty, NO_STREAM } from '@uplift/event-store';
import { SkewedClock } from '../../testing/fast.clock';
import { LIMITS, MINUTE, WatchedFleet } from '../../testing/watched-fleet';

const HOUR = 60 * MINUTE;
const IN_FLIGHT = 20;
const fleets: WatchedFleet[] = [];
afterEach(() => fleets.splice(0).forEach((fleet) => fleet.stop()));

async function inFlight(at: InstanceEventType = 'PreUpgradeStarted') {
  const watched = new WatchedFleet();
  fleets.push(watched);
  const { fleet } = watched;
  const ids = await fleet.joinMany(IN_FLIGHT, at);
  const failed = async () => {
    const types = await Promise.all(ids.map((id) => fleet.types(id)));
    return types.filter((all) => all.includes('StageTimedOut')).length;
  };
  const asked = async () => (await loadOrEmpty(fleet.store, CLOCK_STREAM)).length;
  const skewed = (skewMs: number, pace = 1) => new SkewedClock(fleet.clock, skewMs, pace);
  return { watched, fleet, failed, asked, skewed };
}

describe('the watchdog and a wrong clock', () => {
  it.each([2, 8, -2, -8])(
    'fails nobody when it is started %d hours ahead, and says so',
    async (hours) => {
      const { watched, failed, skewed } = await inFlight();
      const watchdog = watched.watch({ clock: skewed(hours * HOUR) });
      await watched.pass(LIMITS.step - MINUTE);
      expect(await failed()).toBe(0);
      expect(watchdog.readiness()).toBe(
        `own clock and store clock differ by ${Math.abs(hours) * HOUR} ms`,
      );
    },
  );

  it.each([2, -2])(
    'finds those who are late all the same, at most one deadline late: %d hours',
    async (hours) => {
      const { watched, failed, skewed } = await inFlight();
      watched.watch({ clock: skewed(hours * HOUR) });
      await watched.pass(2 * LIMITS.step);
      expect(await failed()).toBe(IN_FLIGHT);
    },
  );

  it('fails nobody when it jumps while running, forth and back, and all who are late', async () => {
    const { watched, failed, skewed } = await inFlight();
    const clock = skewed(0);
    const watchdog = watched.watch({ clock });
    for (const skewMs of [2 * HOUR, 0, -2 * HOUR, 8 * HOUR, 0]) {
      clock.skewMs = skewMs;
      await watched.pass(1.5 * MINUTE);
      expect(watchdog.readiness() === undefined).toBe(skewMs === 0);
    }
    expect(await failed()).toBe(0);
    await watched.pass(LIMITS.step);
    expect(await failed()).toBe(IN_FLIGHT);
  });

  it.each([2 * HOUR, -2 * HOUR])(
    'fails nobody when it is the store that jumps by %d ms',
    async (jump) => {
      const { watched, fleet, failed } = await inFlight();
      const watchdog = watched.watch();
      await watched.pass(MINUTE);
      fleet.storeClock.skewMs = jump;
      await fleet.join('PreUpgradeStarted');
      await watched.pass(MINUTE);
      expect(watchdog.readiness()).toMatch(/differ/);
      expect(await failed()).toBe(0);
      await watched.pass(2 * LIMITS.step);
      expect(await failed()).toBe(IN_FLIGHT);
    },
  );

  it('learns the time although a link stands at the end of the stream in which it asks', async () => {
    const { watched, fleet, failed } = await inFlight();
    watched.watch();
    await watched.pass(MINUTE);
    fleet.store.putRaw(CLOCK_STREAM, '$>', Buffer.from('0@elsewhere'));
    await watched.pass(LIMITS.step + MINUTE);
    expect(await failed()).toBe(IN_FLIGHT);
  });

  it.each(['deleted', 'tombstoned', 'truncated'] as const)(
    'learns the time although the stream in which it asks was %s, as a second one and a third do',
    async (loss) => {
      const { watched, fleet, failed } = await inFlight();
      const first = watched.watch();
      watched.watch();
      await watched.pass(LIMITS.step + MINUTE);
      expect(await failed()).toBe(IN_FLIGHT);
      fleet.store.remove(CLOCK_STREAM, loss);
      first.onApplicationShutdown();
      for (const late of [1, 2]) {
        const ids = await fleet.joinMany(IN_FLIGHT, 'PreUpgradeStarted');
        await watched.pass(LIMITS.step + MINUTE);
        const types = await Promise.all(ids.map((id) => fleet.types(id)));
        expect(types.flat().filter((type) => type === 'StageTimedOut')).toHaveLength(IN_FLIGHT);
        if (late === 1) watched.watch();
      }
      const { events } = await fleet.store.readAll(null, 100_000);
      expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    },
  );

  it.each([1.1, 0.9])('fails nobody too early when it goes at a pace of %d', async (pace) => {
    const { watched, failed, skewed } = await inFlight();
    watched.watch({ clock: skewed(0, pace) });
    await watched.pass(LIMITS.step - MINUTE / 2);
    expect(await failed()).toBe(0);
    await watched.pass(LIMITS.step);
    expect(await failed()).toBe(IN_FLIGHT);
  });

  it('seldom asks the store for the time when only the own clock gives reason to', async () => {
    const { watched, failed, asked, skewed } = await inFlight('DeploymentAccepted');
    watched.watch({ clock: skewed(8 * HOUR) });
    await watched.pass(5 * HOUR);
    expect(await asked()).toBeGreaterThan(1);
    expect(await asked()).toBeLessThanOrEqual(40);
    expect(await failed()).toBe(0);
  });
});

describe('the watchdog and the time of the store', () => {
  it('asks for it before it ends anything, once for all, and not while nobody seems late', async () => {
    const { watched, failed, asked } = await inFlight();
    watched.watch();
    await watched.pass(LIMITS.step - MINUTE);
    expect([await failed(), await asked()]).toEqual([0, 0]);
    await watched.pass(2 * MINUTE);
    expect([await failed(), await asked()]).toEqual([IN_FLIGHT, 1]);
  });

  it('ends nobody while the store does not tell it', async () => {
    const { watched, fleet, failed, skewed } = await inFlight();
    const append = fleet.store.append.bind(fleet.store);
    const unheard = { head: NO_STREAM, position: 0n };
    const isAway = jest
      .spyOn(fleet.store, 'append')
      .mockImplementation((stream, ...rest) =>
        stream === CLOCK_STREAM ? Promise.resolve(unheard) : append(stream, ...rest),
      );
    watched.watch({ clock: skewed(0, 1.2) });
    await watched.pass(1);
    await fleet.join('PreUpgradeStarted');
    await watched.pass(LIMITS.step - MINUTE / 2);
    expect(await failed()).toBe(0);
    isAway.mockRestore();
    await watched.pass(LIMITS.step);
    expect(await failed()).toBe(IN_FLIGHT);
  });

  it('ends what is late although it is started anew every half minute', async () => {
    const { watched, failed } = await inFlight();
    for (let n = 0; n < 30; n += 1) {
      const watchdog = watched.watch();
      await watched.pass(MINUTE / 2);
      watchdog.onApplicationShutdown();
    }
    expect(await failed()).toBe(IN_FLIGHT);
  });

  it('is asked once by two of them', async () => {
    const { watched, failed, asked } = await inFlight();
    watched.watch();
    watched.watch();
    await watched.pass(LIMITS.step + MINUTE);
    expect([await failed(), await asked()]).toEqual([IN_FLIGHT, 1]);
  });
});
