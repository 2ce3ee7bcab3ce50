import type { DeployAnswer } from '../lagoon.outcomes';
import { LagoonUnauthenticatedError, LagoonUnavailableError } from '../lagoon.outcomes';
import type { GuardedFixture } from '../testing/guarded-fixture';
import { guardedFixture } from '../testing/guarded-fixture';
import { InMemoryLagoon } from '../testing/in-memory.lagoon';

describe('a core that refuses the token', () => {
  const REFUSED = {
    kind: 'refused',
    cause: 'unauthenticated',
    reason: 'x',
    retryable: true,
  } as const;

  /** A Lagoon whose token is refused while `isRefused`. */
  class StrictLagoon extends InMemoryLagoon {
    isRefused = true;

    override ping(): Promise<string> {
      this.calls.push({ operation: 'ping', input: {} });
      const refused = new LagoonUnauthenticatedError('The token was not accepted');
      return this.isRefused ? Promise.reject(refused) : Promise.resolve('v2');
    }

    override deployLatest(): Promise<DeployAnswer> {
      return Promise.resolve(this.isRefused ? REFUSED : { kind: 'accepted', buildName: 'b' });
    }
  }

  const strict = () => {
    const inner = new StrictLagoon();
    return { ...guardedFixture({ inner }), inner };
  };
  const read = ({ core }: GuardedFixture) => core.lagoon.ping().catch((error: unknown) => error);
  const deploy = ({ core }: GuardedFixture) => {
    const { signal } = new AbortController();
    return core.lagoon.deployLatest({ environmentId: 2, bulkName: 'marker' }, signal);
  };

  it('once, or to many requests at once, is there: the token is renewed', async () => {
    const fixture = strict();
    await Promise.all(Array.from({ length: 50 }, () => read(fixture)));
    await deploy(fixture);
    fixture.inner.isRefused = false;
    await fixture.clock.advance(5_000);
    await read(fixture);
    fixture.inner.isRefused = true;
    await read(fixture);
    expect(fixture.core.breaker.state).toBe('closed');
    await fixture.clock.advance(120_000);
    await read(fixture);
    expect(fixture.core.breaker.state).toBe('closed');
  });

  it.each([
    ['reads', read],
    ['calls', deploy],
  ])('for longer counts as away, by %s alone, and says why and since when', async (_kind, ask) => {
    const fixture = strict();
    const since = fixture.clock.wall();
    await ask(fixture);
    await fixture.clock.advance(1_000);
    await ask(fixture);
    const asked = fixture.inner.calls.length;
    expect(fixture.core.breaker.state).toBe('open');
    expect(await read(fixture)).toMatchObject({ outage: { cause: 'credentials', since } });
    expect(await deploy(fixture)).toMatchObject({
      cause: 'not-sent',
      reason: `the core has refused the token since ${new Date(since).toISOString()}`,
    });
    expect(fixture.inner.calls).toHaveLength(asked);
  });

  it('is back when a trial is answered, and only then', async () => {
    const fixture = strict();
    await read(fixture);
    await fixture.clock.advance(1_000);
    await read(fixture);
    await fixture.clock.advance(10_000);
    expect(await read(fixture)).toBeInstanceOf(LagoonUnauthenticatedError);
    expect(fixture.core.breaker.outage).toMatchObject({ noticedAt: fixture.clock.wall() });
    fixture.inner.isRefused = false;
    await fixture.clock.advance(20_000);
    expect(await read(fixture)).toBe('v2');
    expect(fixture.core.breaker).toMatchObject({ state: 'closed', outage: null });
  });

  it('after it was away has another outage, with a beginning of its own', async () => {
    const fixture = strict();
    const down = jest
      .spyOn(fixture.inner, 'ping')
      .mockRejectedValue(new LagoonUnavailableError('HTTP 503'));
    for (let n = 0; n < 5; n += 1) {
      const failing = read(fixture);
      await fixture.clock.advance(2_000);
      await failing;
    }
    expect(fixture.core.breaker.outage).toMatchObject({ cause: 'unreachable' });
    down.mockRestore();
    await fixture.clock.advance(10_000);
    await read(fixture);
    const since = fixture.clock.wall();
    expect(fixture.core.breaker.outage).toEqual({ cause: 'credentials', since, noticedAt: since });
  });
});
