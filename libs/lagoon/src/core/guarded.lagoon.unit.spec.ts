import { InMemoryLagoon } from '../testing/in-memory.lagoon';
import {
  LagoonAnswerError,
  LagoonCircuitOpenError,
  LagoonRefusedError,
  LagoonUnauthenticatedError,
  LagoonUnavailableError,
  passingRefusal,
} from '../lagoon.outcomes';
import type { Ambiguous, Refused } from '../lagoon.outcomes';
import type { GuardedFixture } from '../testing/guarded-fixture';
import { guardedFixture } from '../testing/guarded-fixture';

const TARGET = { project: 'app-1', environment: 'main' };
const MINUTE = 60_000;
const live = () => new AbortController().signal;

/** Fails as it is told to. */
class FailingLagoon extends InMemoryLagoon {
  failure: Error | null = null;

  override async ping(): Promise<string> {
    const answer = await super.ping();
    if (this.failure !== null) throw this.failure;
    return answer;
  }
}

function deploy({ core }: GuardedFixture, signal = live()) {
  return core.lagoon.deployLatest({ environmentId: 2, bulkName: 'marker' }, signal);
}

function callsOf({ inner }: GuardedFixture, operation: string): number {
  return inner.calls.filter((call) => call.operation === operation).length;
}

/** Reads until the core counts as away. */
async function away(fixture: GuardedFixture): Promise<void> {
  fixture.inner.script.unavailable = true;
  while (fixture.core.breaker.state === 'closed') {
    const read = fixture.core.lagoon.ping().catch(() => undefined);
    await fixture.clock.advance(2_000);
    await read;
  }
}

async function outcomeOf(fixture: GuardedFixture, read: Promise<unknown>): Promise<unknown> {
  const outcome = read.then(
    () => 'answered',
    (error: unknown) => error,
  );
  await fixture.clock.advance(20_000);
  return outcome;
}

describe('a read', () => {
  it('that found no Lagoon is repeated three times at most', async () => {
    const fixture = guardedFixture({ rules: { retryBudgetPercent: 1_000, breakerFailures: 100 } });
    fixture.inner.script.unavailable = true;
    const error = await outcomeOf(fixture, fixture.core.lagoon.ping());
    expect(error).toBeInstanceOf(LagoonUnavailableError);
    expect(callsOf(fixture, 'ping')).toBe(4);
    expect(fixture.observer.classes).toEqual(Array(4).fill('unavailable'));
  });

  it('answers what a repeat brought', async () => {
    const fixture = guardedFixture();
    fixture.inner.script.unavailable = true;
    const read = fixture.core.lagoon.ping();
    await new Promise(setImmediate);
    fixture.inner.script.unavailable = false;
    await fixture.clock.advance(4_000);
    expect(await read).toBe('v2.33.0-simulated');
    expect(fixture.observer.classes).toEqual(['unavailable', 'answered']);
  });

  it.each([
    [new LagoonAnswerError('{}'), 'unknown-answer'],
    [new LagoonRefusedError(passingRefusal('permission', 'no')), 'refused'],
    [new LagoonUnauthenticatedError('no'), 'unauthenticated'],
    [new TypeError('a bug'), 'broken'],
  ])('that ended with %p is not repeated', async (failure, told) => {
    const inner = new FailingLagoon();
    inner.failure = failure;
    const fixture = guardedFixture({ inner, rules: { breakerFailures: 1 } });
    expect(await outcomeOf(fixture, fixture.core.lagoon.ping())).toBe(failure);
    expect(callsOf(fixture, 'ping')).toBe(1);
    expect(fixture.observer.classes).toEqual([told]);
    expect(fixture.core.breaker.state).toBe('closed');
  });

  it('is not repeated beyond the budget', async () => {
    const fixture = guardedFixture({ rules: { breakerFailures: 10_000 } });
    for (let n = 0; n < 200; n += 1) await fixture.core.lagoon.ping();
    fixture.inner.script.unavailable = true;
    const reads = Promise.allSettled(Array.from({ length: 100 }, () => fixture.core.lagoon.ping()));
    await fixture.clock.advance(9_000);
    const outcomes = await reads;
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(100);
    expect(callsOf(fixture, 'ping')).toBe(300 + 30);
  });

  it('ends when its caller gives up, without another request', async () => {
    const fixture = guardedFixture();
    fixture.inner.script.unavailable = true;
    const stop = new AbortController();
    const read = fixture.core.lagoon.ping(stop.signal);
    await new Promise(setImmediate);
    stop.abort();
    await expect(read).rejects.toThrow(LagoonUnavailableError);
    expect(callsOf(fixture, 'ping')).toBe(1);
  });
});

describe('a mutation', () => {
  const answers: (Refused | Ambiguous)[] = [
    { kind: 'refused', cause: 'not-sent', reason: 'ECONNREFUSED', retryable: true },
    { kind: 'refused', cause: 'unauthenticated', reason: 'token', retryable: true },
    { kind: 'refused', cause: 'permission', reason: 'no', retryable: true },
    { kind: 'ambiguous', evidence: 'no answer: ECONNRESET' },
    { kind: 'ambiguous', evidence: 'HTTP 503, no JSON, 7 characters' },
    { kind: 'ambiguous', evidence: 'HTTP 429, no JSON, 7 characters' },
    { kind: 'ambiguous', evidence: '{data: null}' },
  ];

  it.each(answers)('answered with %j is sent once and answered so', async (answer) => {
    const fixture = guardedFixture();
    fixture.inner.script.answerNext(answer);
    expect(await deploy(fixture)).toEqual(answer);
    await fixture.clock.advance(MINUTE);
    expect(callsOf(fixture, 'deployLatest')).toBe(1);
  });

  it('is an outage for the breaker when no Lagoon answered', async () => {
    const fixture = guardedFixture();
    fixture.inner.script.unavailable = true;
    for (let n = 0; n < 5; n += 1) expect((await deploy(fixture)).kind).toBe('ambiguous');
    expect(fixture.core.breaker.state).toBe('open');
    expect(await deploy(fixture)).toMatchObject({
      kind: 'refused',
      cause: 'not-sent',
      retryable: true,
    });
    expect(callsOf(fixture, 'deployLatest')).toBe(5);
    expect(fixture.observer.classes.at(-1)).toBe('held-back');
  });

  it('is no outage when its caller gave up before it was sent', async () => {
    const fixture = guardedFixture({ rules: { breakerFailures: 1 } });
    expect(await deploy(fixture, AbortSignal.abort())).toMatchObject({ cause: 'not-sent' });
    expect(fixture.core.breaker.state).toBe('closed');
  });

  it('that waited for its turn until its end is not sent', async () => {
    const fixture = guardedFixture({ requestsPerSecond: 1 });
    await fixture.core.lagoon.ping();
    const stop = new AbortController();
    const waiting = deploy(fixture, stop.signal);
    await new Promise(setImmediate);
    stop.abort();
    expect(await waiting).toMatchObject({ kind: 'refused', cause: 'not-sent', retryable: true });
    expect(callsOf(fixture, 'deployLatest')).toBe(0);
  });

  it('is not sent when the core went away while it waited for its turn', async () => {
    const fixture = guardedFixture({ requestsPerSecond: 1, rules: { breakerFailures: 1 } });
    fixture.inner.script.unavailable = true;
    const read = fixture.core.lagoon.ping().catch(() => undefined);
    const waiting = deploy(fixture);
    await fixture.clock.advance(20_000);
    await read;
    expect(await waiting).toMatchObject({ kind: 'refused', cause: 'not-sent' });
    expect(callsOf(fixture, 'deployLatest')).toBe(0);
  });
});

describe('a core that is away', () => {
  it('is asked nothing, and says since when', async () => {
    const fixture = guardedFixture();
    await away(fixture);
    const asked = fixture.inner.calls.length;
    const opened = fixture.core.breaker.outage?.since;
    const error = await fixture.core.lagoon.ping().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LagoonCircuitOpenError);
    expect(error).toMatchObject({
      core: 'core-a',
      outage: { cause: 'unreachable', since: opened },
      code: 'lagoon-unavailable',
    });
    expect((await deploy(fixture)).kind).toBe('refused');
    expect(fixture.inner.calls).toHaveLength(asked);
  });

  it('is tried by one read when the pause is over, and is back when that is answered', async () => {
    const fixture = guardedFixture();
    await away(fixture);
    fixture.inner.script.unavailable = false;
    await fixture.clock.advance(10_000);
    const asked = fixture.inner.calls.length;
    expect(await deploy(fixture)).toMatchObject({ cause: 'not-sent' });
    const reads = [1, 2, 3].map(() => fixture.core.lagoon.ping());
    const outcomes = await Promise.allSettled(reads);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(fixture.inner.calls).toHaveLength(asked + 1);
    expect(fixture.core.breaker).toMatchObject({ state: 'closed', outage: null });
    expect(fixture.observer.states).toEqual(['open', 'half-open', 'closed']);
    expect((await deploy(fixture)).kind).not.toBe('not-sent');
  });

  it('stays so, for longer each time, while the trial fails; the outage is as old as ever', async () => {
    const fixture = guardedFixture();
    await away(fixture);
    const since = fixture.core.breaker.outage?.since;
    let trials = 0;
    for (let n = 0; n < 300; n += 1) {
      const before = fixture.inner.calls.length;
      await outcomeOfTry(fixture);
      trials += fixture.inner.calls.length - before;
    }
    // 300 s with pauses of half to whole of 20, 40, 60, 60 … seconds.
    expect(trials).toBeGreaterThanOrEqual(5);
    expect(trials).toBeLessThanOrEqual(13);
    expect(fixture.core.breaker.outage?.since).toBe(since);
  });

  async function outcomeOfTry(fixture: GuardedFixture): Promise<void> {
    await fixture.core.lagoon.ping().catch(() => undefined);
    await fixture.clock.advance(1_000);
  }

  it('is tried in time although the wall clock jumps', async () => {
    for (const jump of [-7_200_000, 7_200_000]) {
      const fixture = guardedFixture();
      await away(fixture);
      fixture.clock.jump(jump);
      fixture.inner.script.unavailable = false;
      await fixture.clock.advance(10_000);
      expect(await fixture.core.lagoon.ping()).toBe('v2.33.0-simulated');
    }
  });

  it('is not believed to be away as long as it answers in between, be it with a refusal', async () => {
    const inner = new FailingLagoon();
    const fixture = guardedFixture({ inner, rules: { breakerFailures: 2, retryBudgetPercent: 0 } });
    const outage = new LagoonUnavailableError('HTTP 503');
    for (const failure of [
      outage,
      new LagoonRefusedError(passingRefusal('permission', 'no')),
      outage,
    ]) {
      inner.failure = failure;
      await expect(fixture.core.lagoon.ping()).rejects.toBe(failure);
    }
    expect(fixture.core.breaker.state).toBe('closed');
    await expect(fixture.core.lagoon.ping()).rejects.toBe(outage);
    expect(fixture.core.breaker.state).toBe('open');
  });

  it('is not believed to be away after reads that were given up', async () => {
    const fixture = guardedFixture({ rules: { breakerFailures: 1 } });
    fixture.inner.script.unavailable = true;
    const stop = new AbortController();
    const read = fixture.core.lagoon.ping(stop.signal);
    stop.abort();
    await expect(read).rejects.toThrow(LagoonUnavailableError);
    expect(fixture.core.breaker.state).toBe('closed');
  });

  it('is not believed to be back after a trial that was given up', async () => {
    const fixture = guardedFixture();
    await away(fixture);
    await fixture.clock.advance(10_000);
    const stop = new AbortController();
    const read = fixture.core.lagoon.ping(stop.signal);
    stop.abort();
    await expect(read).rejects.toThrow(LagoonUnavailableError);
    expect(fixture.core.breaker.state).toBe('open');
  });
});

describe('after an outage', () => {
  it('500 who waited do not ask more than agreed in any second', async () => {
    const rules = { callTimeoutMs: MINUTE };
    const fixture = guardedFixture({ requestsPerSecond: 20, rules });
    await away(fixture);
    fixture.inner.script.unavailable = false;
    await fixture.clock.advance(10_000);
    await fixture.core.lagoon.ping();
    const asked = fixture.inner.calls.length;
    const perSecond: number[] = [];
    const reads = Array.from({ length: 500 }, (_, n) =>
      fixture.core.lagoon.deploymentsByBulkId(`${n}`),
    );
    const settled = Promise.allSettled(reads);
    await fixture.clock.advance(500);
    perSecond.push(fixture.inner.calls.length - asked);
    for (let second = 0; second < 26; second += 1) {
      const before = fixture.inner.calls.length;
      await fixture.clock.advance(1_000);
      perSecond.push(fixture.inner.calls.length - before);
    }
    const outcomes = await settled;
    expect(Math.max(...perSecond)).toBeLessThanOrEqual(20);
    expect(fixture.inner.calls.length - asked).toBe(500);
    expect(outcomes.every(({ status }) => status === 'fulfilled')).toBe(true);
  });
});

describe('the guarded Lagoon', () => {
  it('answers as the Lagoon behind it', async () => {
    const fixture = guardedFixture();
    const placed = fixture.inner.script.place(TARGET);
    const { lagoon } = fixture.core;
    const id = placed.environmentId;
    const deployed = await lagoon.deployLatest({ environmentId: id, bulkName: 'm' }, live());
    if (deployed.kind !== 'accepted') throw new TypeError(deployed.kind);
    expect(await lagoon.findEnvironment(TARGET)).toEqual({
      ...placed,
      activeBuild: deployed.buildName,
      newestStatus: 'running',
    });
    expect(await lagoon.findEnvironments([TARGET])).toHaveLength(1);
    expect(await lagoon.deploymentsOf(id, { limit: 5 })).toMatchObject([{ bulkName: 'm' }]);
    const many = await lagoon.deploymentsOfMany([{ environmentId: id }]);
    expect(many.get(id)).toHaveLength(1);
    expect(await lagoon.tasksOf(id, { limit: 5 })).toEqual([]);
    expect(await lagoon.taskById(4711)).toBeNull();
    expect(fixture.observer.requests.map(({ operation }) => operation)).toEqual(
      fixture.inner.calls.map(({ operation }) => operation),
    );
  });

  it('looks environments up together when many ask', async () => {
    const fixture = guardedFixture();
    fixture.inner.script.place(TARGET);
    const looks = [1, 2, 3].map(() => fixture.core.lagoon.findEnvironment(TARGET));
    await looks[0];
    await fixture.clock.advance(50);
    const found = await Promise.all(looks);
    expect(found.every((environment) => environment !== null)).toBe(true);
    expect(callsOf(fixture, 'findEnvironment')).toBe(1);
    expect(callsOf(fixture, 'findEnvironments')).toBe(1);
  });
});
