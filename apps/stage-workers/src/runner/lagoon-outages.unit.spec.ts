import type { BreakerState, CoreOutage } from '@uplift/lagoon';
import { LagoonUnauthenticatedError } from '@uplift/lagoon';
import { InMemoryLagoon, unguardedCore } from '@uplift/lagoon/testing';
import { StageFixture } from '../testing/stage-fixture';
import type { StageHandler } from './stage-handler.port';
import { LagoonOutages, proveReachable, recordOutage } from './lagoon-outages';

const SINCE = '2026-03-01T10:00:00.000Z';

/** An instance whose history says, as somebody else wrote it, that it waits. */
async function waiting(target = 'lagoon:eu-1') {
  const fixture = await StageFixture.at('UpgradeRequested');
  const { upgradeId, attempt } = fixture.order;
  const wait = { upgradeId, attempt, target, since: SINCE, stage: 'pre-upgrade' } as const;
  await fixture.append({ type: 'WaitingFor', data: wait });
  const outages = new LagoonOutages(fixture.cores, fixture.clock);
  const endWait = async () => {
    const session = await fixture.session();
    await session.reload();
    await outages.endWaitIfBack(session);
  };
  const pings = () => fixture.lagoon.calls.filter(({ operation }) => operation === 'ping').length;
  return { fixture, endWait, pings };
}

describe('the end of an outage', () => {
  it('is told when Lagoon has answered', async () => {
    const { fixture, endWait, pings } = await waiting();
    await endWait();
    expect(await fixture.types()).toEqual(['WaitingFor', 'WaitEnded']);
    expect(pings()).toBe(1);
  });

  it('is not believed by a process that has asked nothing since Lagoon went away', async () => {
    const { fixture, endWait } = await waiting();
    fixture.lagoon.script.unavailable = true;
    await expect(endWait()).rejects.toMatchObject({ code: 'lagoon-unavailable' });
    expect(await fixture.types()).toEqual(['WaitingFor']);
  });

  it('is asked for once, however many wait for the answer', async () => {
    const { fixture, endWait, pings } = await waiting();
    await Promise.all([endWait(), endWait(), endWait()]);
    await endWait();
    expect(await fixture.types()).toEqual(['WaitingFor', 'WaitEnded']);
    expect(pings()).toBe(1);
  });

  it('is not told while the core still counts as away', async () => {
    const { fixture, endWait } = await waiting();
    fixture.openBreaker(Date.parse(SINCE));
    await expect(endWait()).rejects.toMatchObject({ name: 'LagoonCircuitOpenError' });
    expect(await fixture.types()).toEqual(['WaitingFor']);
  });

  it('is told of a token that is accepted again', async () => {
    const { fixture, endWait } = await waiting('credentials:eu-1');
    await endWait();
    const endedAt = new Date(fixture.clock.wall()).toISOString();
    expect(await fixture.appended()).toMatchObject([
      { type: 'WaitingFor' },
      { type: 'WaitEnded', data: { target: 'credentials:eu-1', endedAt } },
    ]);
  });

  it('says nothing of a wait for something else', async () => {
    const { fixture, endWait, pings } = await waiting('admission:eu-1');
    await endWait();
    expect(await fixture.types()).toEqual(['WaitingFor']);
    expect(pings()).toBe(0);
  });
});

describe('an outage that a worker hears of', () => {
  const HOUR = 3_600_000;

  it.each([
    ['late, when the instance is past it, is not told again', -HOUR, []],
    ['after the end of another one is told', HOUR, ['WaitingFor']],
  ] as const)('%s', async (_words, sinceEnd, told) => {
    const { fixture, endWait } = await waiting();
    await endWait();
    const since = fixture.clock.wall() + sinceEnd;
    const outage = { cause: 'unreachable', since, noticedAt: since } as const;
    await recordOutage(await fixture.session(), outage, 'pre-upgrade');
    expect(await fixture.types()).toEqual(['WaitingFor', 'WaitEnded', ...told]);
  });

  it('and that was seen to last after its end was told is told again, from then on', async () => {
    const { fixture, endWait } = await waiting();
    await endWait();
    const now = fixture.clock.wall();
    const outage = { cause: 'unreachable', since: now - HOUR, noticedAt: now + 5 } as const;
    await recordOutage(await fixture.session(), outage, 'pre-upgrade');
    expect((await fixture.appended()).at(-1)).toMatchObject({
      type: 'WaitingFor',
      data: { since: new Date(now + 5).toISOString() },
    });
  });

  it('is not told again when its end is told between the look and the word', async () => {
    const { fixture, endWait } = await waiting();
    const session = await fixture.session();
    const submit = session.submit.bind(session);
    session.submit = async (command) => {
      await endWait();
      return submit(command);
    };
    const since = fixture.clock.wall();
    await recordOutage(session, { cause: 'unreachable', since, noticedAt: since }, 'pre-upgrade');
    expect(await fixture.types()).toEqual(['WaitingFor', 'WaitEnded']);
  });
});

describe('a token that is refused', () => {
  const REFUSED = new LagoonUnauthenticatedError('The token was not accepted');
  const reading = (error: Error | null): StageHandler => ({
    stage: 'pre-upgrade',
    run: () => (error === null ? Promise.resolve() : Promise.reject(error)),
  });

  it('once is nothing to tell', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    expect(await fixture.handle(reading(REFUSED))).toMatchObject({ kind: 'retry' });
    expect(await fixture.types()).toEqual([]);
  });

  it('until further notice is told once, by the request that finds it out, and ends by itself', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    fixture.openBreaker(Date.parse(SINCE), 'credentials');
    await fixture.handle(reading(REFUSED), 7);
    await fixture.handle(reading(REFUSED), 8);
    expect(await fixture.appended()).toMatchObject([
      {
        type: 'WaitingFor',
        data: { target: 'credentials:eu-1', since: SINCE, stage: 'pre-upgrade' },
      },
    ]);
    fixture.closeBreaker();
    expect(await fixture.handle(reading(null), 9)).toEqual({ kind: 'done' });
    expect(await fixture.types()).toEqual(['WaitingFor', 'WaitEnded']);
  });
});

type Breaker = Record<'state', BreakerState> & Record<'outage', CoreOutage | null>;

/** A core that counts as away until it is asked, if it is back. */
class AskedLagoon extends InMemoryLagoon {
  asked = 0;

  constructor(
    private readonly breaker: Breaker,
    private readonly isBack: boolean,
  ) {
    super();
  }

  override ping(): Promise<string> {
    this.asked += 1;
    if (this.isBack) Object.assign(this.breaker, { state: 'closed', outage: null });
    return super.ping();
  }
}

function coreThat(state: BreakerState, isBack: boolean) {
  const outage: CoreOutage = { cause: 'unreachable', since: 5, noticedAt: 5 };
  const breaker: Breaker = { state, outage: state === 'closed' ? null : outage };
  const lagoon = new AskedLagoon(breaker, isBack);
  return { lagoon, core: unguardedCore(lagoon, { name: 'eu-1', breaker }) };
}

describe('a core', () => {
  it('that counts as there is not asked', async () => {
    const { lagoon, core } = coreThat('closed', true);
    await proveReachable(core);
    expect(lagoon.asked).toBe(0);
  });

  it('that counts as away is tried, and is there when it answers', async () => {
    const { lagoon, core } = coreThat('open', true);
    await proveReachable(core);
    expect(lagoon.asked).toBe(1);
  });

  it('that still counts as away stands in the way of everything', async () => {
    const { core } = coreThat('half-open', false);
    await expect(proveReachable(core)).rejects.toMatchObject({
      core: 'eu-1',
      outage: { since: 5 },
    });
  });
});
