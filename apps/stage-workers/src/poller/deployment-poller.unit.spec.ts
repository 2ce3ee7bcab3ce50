import type { BreakerState, CoreOutage } from '@uplift/lagoon';
import {
  LagoonAnswerError,
  LagoonCircuitOpenError,
  finalRefusal,
  LagoonRefusedError,
  LagoonUnavailableError,
  NamedLagoonCores,
  SingleLagoonCore,
  UnknownCoreError,
} from '@uplift/lagoon';
import { InMemoryLagoon, unguardedCore } from '@uplift/lagoon/testing';
import { MINUTE, NotingWatcher, PollerFixture } from '../testing/poller-fixture';

const AWAY: CoreOutage = { cause: 'unreachable', since: 5, noticedAt: 5 };
const fixtures: PollerFixture[] = [];
afterEach(() => fixtures.splice(0).forEach(({ poller }) => poller.onApplicationShutdown()));

function fixture(...parts: ConstructorParameters<typeof PollerFixture>): PollerFixture {
  const made = new PollerFixture(...parts);
  fixtures.push(made);
  return made;
}

describe('requests of the poller', () => {
  it('are one per fifty environments and tick, and one per wave', async () => {
    const here = fixture();
    await here.watched(120);
    await here.watched(200, 'uplift-wave-1');
    await here.clock.advance(40_000);
    const sizes = here.requests.map(({ operation, size }) => `${operation} ${size}`).sort();
    expect(sizes).toEqual([
      'deploymentsByBulkId 1',
      'deploymentsOfMany 20',
      'deploymentsOfMany 50',
      'deploymentsOfMany 50',
    ]);
  });

  it('are few however the builds began: those of one core share its ticks', async () => {
    const here = fixture();
    const watchers = [];
    for (let n = 0; n < 40; n += 1) {
      watchers.push(...(await here.watched(1)));
      await here.clock.advance(700);
    }
    await here.clock.advance(30_000);
    expect(here.countOf('deploymentsOfMany')).toBeLessThanOrEqual(3);
    expect(watchers.every(({ looks }) => looks.length >= 1)).toBe(true);
  });

  it('are filled with those that are due soon', async () => {
    const here = fixture();
    const [old] = await here.watched(1);
    await here.clock.advance(3.5 * MINUTE);
    const before = old!.looks.length;
    const [young] = await here.watched(1);
    await here.clock.advance(2 * MINUTE);
    expect(old!.looks.length - before).toBe(young!.looks.length);
  });

  it('go on for each core by itself', async () => {
    const [near, far] = [new InMemoryLagoon(), new InMemoryLagoon()];
    const cores = new NamedLagoonCores([
      unguardedCore(near, { name: 'eu-1' }),
      unguardedCore(far, { name: 'us-1' }),
    ]);
    const here = fixture(near, cores);
    await here.watched(3);
    const there = await fixture(far).build();
    there.core = 'us-1';
    here.poller.watch(there);
    far.script.unavailable = true;
    near.calls.length = 0;
    await here.clock.advance(4 * MINUTE);
    expect(near.calls.length).toBeGreaterThanOrEqual(4);
    expect(there.looks).toEqual([]);
  });

  it('are refused for a core nobody has configured', async () => {
    const here = fixture(new InMemoryLagoon(), new NamedLagoonCores([]));
    const watcher = await here.build();
    expect(() => here.poller.watch(watcher)).toThrow(UnknownCoreError);
  });
});

describe('the cadence of the poller', () => {
  const looksIn = async (here: PollerFixture, minutes: number) => {
    await here.clock.advance(minutes * MINUTE);
    return here.countOf('deploymentsOfMany');
  };

  it('is 30 s in the first two minutes, then 60 s', async () => {
    const here = fixture();
    await here.watched(1);
    const early = await looksIn(here, 2);
    expect([3, 4]).toContain(early);
    const later = (await looksIn(here, 10)) - early;
    expect(later).toBeGreaterThanOrEqual(9);
    expect(later).toBeLessThanOrEqual(11);
  });

  it('knows the age of a build that another process has followed', async () => {
    const here = fixture();
    here.poller.watch(await here.build(null, here.clock.wall() - 5 * MINUTE));
    expect(await looksIn(here, 6)).toBeLessThanOrEqual(7);
  });

  it('is 180 s for a build that waits its turn', async () => {
    const here = fixture();
    const [watcher] = await here.watched(1);
    watcher!.pace = 'queued';
    await looksIn(here, 3);
    here.lagoon.calls.length = 0;
    expect([3, 4]).toContain(await looksIn(here, 11));
  });

  it('is 180 s for a wave only while all of it waits', async () => {
    const here = fixture();
    const wave = await here.watched(3, 'uplift-wave-1');
    for (const watcher of wave) watcher.pace = 'queued';
    await looksIn(here, 3);
    here.lagoon.calls.length = 0;
    await looksIn(here, 11);
    expect([3, 4]).toContain(here.countOf('deploymentsByBulkId'));
    wave[0]!.pace = 'active';
    await looksIn(here, 4);
    here.lagoon.calls.length = 0;
    await looksIn(here, 10);
    expect(here.countOf('deploymentsByBulkId')).toBeGreaterThanOrEqual(9);
  });

  it('varies by an eighth at most, and does vary', async () => {
    const here = fixture();
    const [watcher] = await here.watched(1);
    await here.clock.advance(2 * MINUTE);
    const gaps = watcher!.looks.map(({ at }, n) => at - (watcher!.looks[n - 1]?.at ?? 0));
    for (const gap of gaps) expect(Math.abs(gap - 30_000)).toBeLessThanOrEqual(3_600);
    expect(new Set(gaps).size).toBeGreaterThan(1);
  });

  it('slows down to five minutes while requests fail, and recovers', async () => {
    const here = fixture();
    const [watcher] = await here.watched(1);
    here.lagoon.script.unavailable = true;
    await here.clock.advance(60 * MINUTE);
    expect(here.lagoon.calls.length).toBeLessThanOrEqual(17);
    expect(here.errors.length).toBe(here.lagoon.calls.length);
    here.lagoon.script.unavailable = false;
    await here.clock.advance(6 * MINUTE);
    here.lagoon.calls.length = 0;
    await here.clock.advance(10 * MINUTE);
    expect(here.lagoon.calls.length).toBeGreaterThanOrEqual(9);
    expect(watcher!.outages).toEqual([]);
  });

  it('slows down for those alone whose request fails while others are answered', async () => {
    class SlowWaves extends InMemoryLagoon {
      waves = 0;
      override deploymentsByBulkId(): Promise<never> {
        this.waves += 1;
        return Promise.reject(new LagoonUnavailableError('no answer in time'));
      }
    }
    const lagoon = new SlowWaves();
    const here = fixture(lagoon);
    await here.watched(1, 'uplift-wave-1');
    const others = await here.watched(300);
    await here.clock.advance(30 * MINUTE);
    expect(lagoon.waves).toBeLessThanOrEqual(10);
    for (const { looks } of others) expect(looks.length).toBeGreaterThanOrEqual(25);
  });

  it('beats no more while one and the same answer never comes', async () => {
    class Silent extends InMemoryLagoon {
      override deploymentsOfMany(...asked: Parameters<InMemoryLagoon['deploymentsOfMany']>) {
        void super.deploymentsOfMany(...asked);
        return new Promise<never>(() => undefined);
      }
    }
    const here = fixture(new Silent());
    await here.watched(1);
    while (here.countOf('deploymentsOfMany') === 0) await here.clock.advance(1_000);
    await here.clock.advance(10_000);
    const { beats } = here;
    await here.clock.advance(10 * MINUTE);
    expect(here.beats).toBe(beats);
  });

  it('stops with the process, and beats until then', async () => {
    const here = fixture();
    await here.watched(1);
    await here.clock.advance(MINUTE);
    const { beats } = here;
    expect(beats).toBeGreaterThanOrEqual(60);
    here.poller.onApplicationShutdown();
    const before = here.lagoon.calls.length;
    await here.clock.advance(10 * MINUTE);
    expect(here.lagoon.calls).toHaveLength(before);
    expect(here.beats).toBe(beats);
  });

  it('beats for each of several slow cores, and not for one that never answers', async () => {
    class Slow extends InMemoryLagoon {
      constructor(private readonly answer: () => Promise<void>) {
        super();
      }
      override async deploymentsOfMany(...asked: Parameters<InMemoryLagoon['deploymentsOfMany']>) {
        await this.answer();
        return super.deploymentsOfMany(...asked);
      }
    }
    const waits = { 'eu-1': 10_000, 'us-1': 13_700, 'ap-1': 17_900 };
    const slow = Object.entries(waits).map(([name, ms]) =>
      unguardedCore(new Slow(() => here.clock.pause(ms)), { name }),
    );
    const stuck = unguardedCore(new Slow(() => new Promise(() => undefined)), { name: 'xx-1' });
    const lagoon = new InMemoryLagoon();
    const here: PollerFixture = fixture(lagoon, new NamedLagoonCores([...slow, stuck]), 1);
    for (const core of [...Object.keys(waits), 'xx-1']) {
      for (let n = 0; n < 20; n += 1)
        here.poller.watch(Object.assign(await here.build(), { core }));
    }
    await here.clock.advance(10 * MINUTE);
    for (const core of Object.keys(waits)) {
      const beats = [...here.beatsOf.get(core)!, here.clock.monotonic()];
      const gaps = beats.slice(1).map((at, n) => at - beats[n]!);
      expect(Math.max(...gaps)).toBeLessThan(MINUTE);
    }
    expect(here.beatsOf.get('xx-1')!.at(-1)).toBeLessThan(MINUTE);
  });
});

describe('what the poller shows', () => {
  it('is the newest builds of the environment, whoever made them', async () => {
    const here = fixture();
    const [watcher] = await here.watched(1);
    const foreign = here.lagoon.script.foreignBuild(here.targetOf(0));
    await here.clock.advance(40_000);
    const names = watcher!.looks[0]?.rows.map(({ name }) => name);
    expect(names).toEqual([foreign, watcher!.target.buildName]);
  });

  it('is the builds of the wave that carry the marker', async () => {
    const here = fixture();
    const [watcher] = await here.watched(2, 'uplift-wave-1');
    const twin = here.lagoon.script.duplicateBuild(watcher!.target.buildName);
    await here.clock.advance(40_000);
    const names = watcher!.looks[0]?.rows.map(({ name }) => name);
    expect(names).toEqual([twin, watcher!.target.buildName]);
  });

  it('is the whole environment once a build of a wave is cancelled', async () => {
    const here = fixture();
    const [watcher] = await here.watched(2, 'uplift-wave-1');
    const foreign = here.lagoon.script.foreignBuild(here.targetOf(0));
    here.lagoon.script.setBuild(watcher!.target.buildName, { status: 'cancelled' });
    await here.clock.advance(40_000);
    expect(watcher!.looks[0]?.rows.map(({ name }) => name)).toContain(foreign);
    expect(here.requests).toEqual([
      { operation: 'deploymentsByBulkId', size: 1 },
      { operation: 'deploymentsOfMany', size: 1 },
    ]);
  });

  it('is read from the environments if the wave may not be listed', async () => {
    class WithoutWaves extends InMemoryLagoon {
      override deploymentsByBulkId(): Promise<never> {
        return Promise.reject(new LagoonRefusedError(finalRefusal('permission', 'Unauthorized')));
      }
    }
    const here = fixture(new WithoutWaves());
    const wave = await here.watched(60, 'uplift-wave-1');
    await here.clock.advance(40_000);
    expect(wave.every(({ looks }) => looks.length === 1)).toBe(true);
    expect(here.requests.map(({ size }) => size).sort()).toEqual([10, 50]);
  });

  it('holds a build that many newer ones have pushed out of the newest ten', async () => {
    const here = fixture();
    const [watcher] = await here.watched(1);
    for (let n = 0; n < 12; n += 1) here.lagoon.script.foreignBuild(here.targetOf(0));
    await here.clock.advance(40_000);
    const rows = watcher!.looks[0]?.rows ?? [];
    expect(rows.map(({ name }) => name)).toContain(watcher!.target.buildName);
    expect(rows).toHaveLength(11);
    expect(here.requests).toHaveLength(2);
  });

  it('lacks a build only after a look-up by its name', async () => {
    const here = fixture();
    const [watcher] = await here.watched(1);
    const { buildName, environmentId } = watcher!.target;
    here.lagoon.script.removeBuild(buildName);
    await here.clock.advance(40_000);
    expect(watcher!.looks.map(({ rows }) => rows)).toEqual([[]]);
    expect(here.lagoon.calls.at(-1)?.input).toEqual([{ environmentId, name: buildName }]);
  });

  it('is nothing for an environment that Lagoon gave no answer for', async () => {
    const here = fixture();
    const [silent, other] = await here.watched(2);
    here.lagoon.script.hide(here.targetOf(0));
    await here.clock.advance(2 * MINUTE);
    expect(silent!.looks).toEqual([]);
    expect(other!.looks.length).toBeGreaterThanOrEqual(3);
    here.lagoon.script.reveal(here.targetOf(0));
    await here.clock.advance(MINUTE);
    expect(silent!.looks.length).toBeGreaterThanOrEqual(1);
  });

  it('goes to everybody who watches the same environment', async () => {
    const here = fixture();
    const [one] = await here.watched(1);
    const other = new NotingWatcher(one!.target, here.clock);
    here.poller.watch(other);
    await here.clock.advance(40_000);
    expect([one!.looks.length, other.looks.length]).toEqual([1, 1]);
    expect(here.requests).toEqual([{ operation: 'deploymentsOfMany', size: 1 }]);
  });

  it('ends for a watcher that has seen enough, or was called off', async () => {
    const here = fixture();
    const [content, other] = await here.watched(2);
    content!.pace = 'over';
    const third = await here.build();
    const unwatch = here.poller.watch(third);
    unwatch();
    await here.clock.advance(5 * MINUTE);
    expect(content!.looks).toHaveLength(1);
    expect(third.looks).toEqual([]);
    expect(other!.looks.length).toBeGreaterThan(3);
  });

  it('is an outage for all once the core counts as away, at every tick', async () => {
    class Away extends InMemoryLagoon {
      override deploymentsOfMany(): Promise<never> {
        return Promise.reject(new LagoonCircuitOpenError('eu-1', AWAY));
      }
    }
    const here = fixture(new Away());
    const watchers = await here.watched(60);
    await here.clock.advance(2 * MINUTE);
    for (const { looks, outages } of watchers) {
      expect(looks).toEqual([]);
      expect(outages.length).toBeGreaterThanOrEqual(3);
    }
  });

  it('is an outage too when a failure has made the core count as away, and goes on being asked for', async () => {
    const lagoon = new InMemoryLagoon();
    const breaker = { state: 'closed' as BreakerState, outage: null as CoreOutage | null };
    const here = fixture(lagoon, new SingleLagoonCore(unguardedCore(lagoon, { breaker })));
    const [watcher] = await here.watched(1);
    lagoon.script.unavailable = true;
    await here.clock.advance(MINUTE);
    expect(watcher!.outages).toEqual([]);
    Object.assign(breaker, { state: 'open', outage: AWAY });
    await here.clock.advance(5 * MINUTE);
    expect(watcher!.outages[0]).toEqual(AWAY);
    expect(watcher!.outages.length).toBeGreaterThanOrEqual(5);
  });

  it('comes although an answer to others cannot be read', async () => {
    class Garbled extends InMemoryLagoon {
      override deploymentsByBulkId(): Promise<never> {
        return Promise.reject(new LagoonAnswerError('text'));
      }
    }
    const here = fixture(new Garbled());
    const [ofWave] = await here.watched(1, 'uplift-wave-1');
    const [other] = await here.watched(1);
    await here.clock.advance(4 * MINUTE);
    expect(ofWave!.looks).toEqual([]);
    expect(other!.looks.length).toBeGreaterThan(3);
    expect(here.errors.length).toBeLessThanOrEqual(4);
  });
});
