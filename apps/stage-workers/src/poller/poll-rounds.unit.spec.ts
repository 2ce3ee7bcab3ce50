import { LagoonCircuitOpenError } from '@uplift/lagoon';
import { InMemoryLagoon } from '@uplift/lagoon/testing';
import { MINUTE, PollerFixture } from '../testing/poller-fixture';
import type { Watch } from './deployment-watcher';
import { asksFor } from './poll-requests';

const fixtures: PollerFixture[] = [];
afterEach(() => fixtures.splice(0).forEach(({ poller }) => poller.onApplicationShutdown()));

function fixture(batch: number, lagoon = new InMemoryLagoon()): PollerFixture {
  const made = new PollerFixture(lagoon, undefined, batch);
  fixtures.push(made);
  return made;
}

describe('a round of the poller', () => {
  it('has at most two hundred requests: the others follow in the next one, at once', async () => {
    const here = fixture(1);
    const watchers = await here.watched(450);
    await here.clock.advance(40_000);
    expect(here.rounds).toEqual([200, 400, 450]);
    const times = watchers.flatMap(({ looks }) => looks.map(({ at }) => at));
    expect(times).toHaveLength(450);
    expect(Math.max(...times) - Math.min(...times)).toBeLessThan(1_000);
  });

  it.each([0, 10])(
    'is followed by a pause when the core goes away: %s answers before',
    async (most) => {
      const away = { cause: 'unreachable', since: 5, noticedAt: 5 } as const;
      let asked = 0;
      class GoingAway extends InMemoryLagoon {
        override deploymentsOfMany(...ask: Parameters<InMemoryLagoon['deploymentsOfMany']>) {
          asked += 1;
          // Rounds without a pause would never end.
          if (asked === 1_000) here.poller.onApplicationShutdown();
          if (asked <= most) return super.deploymentsOfMany(...ask);
          return Promise.reject(new LagoonCircuitOpenError('eu-1', away));
        }
      }
      const here = fixture(1, new GoingAway());
      await here.watched(300);
      await here.clock.advance(40_000);
      expect(here.rounds).toHaveLength(1);
      await here.clock.advance(40_000);
      expect(here.rounds).toHaveLength(2);
    },
  );

  it('begins with what is due for longest, a wave or not', async () => {
    const here = fixture(2);
    const dueAt = [5, 1, 4, 2, 3];
    const watches = await Promise.all(
      dueAt.map(async (due): Promise<Watch> => {
        const watcher = await here.build(due === 3 ? 'uplift-wave-1' : null);
        return { watcher, acceptedAt: 0, pace: 'active', dueAt: due, failures: 0 };
      }),
    );
    const timing = { isDue: () => true, isSoon: () => true };
    const asks = asksFor(watches, timing, 2);
    expect(asks.map((ask) => ask.watches.map((watch) => watch.dueAt))).toEqual([
      [1, 2],
      [3],
      [4, 5],
    ]);
  });

  it('ends each watch that has had its time, whether Lagoon answers or not', async () => {
    const here = fixture(50);
    const [impatient, patient] = await here.watched(2);
    impatient!.patientUntil = here.clock.monotonic() + 5 * MINUTE;
    here.lagoon.script.unavailable = true;
    await here.clock.advance(4 * MINUTE);
    expect([impatient!.isTired, here.poller.watched]).toEqual([false, 2]);
    await here.clock.advance(12 * MINUTE);
    expect([impatient!.isTired, patient!.isTired, here.poller.watched]).toEqual([true, false, 1]);
  });
});
