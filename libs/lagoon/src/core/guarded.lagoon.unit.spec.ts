import { InMemoryLagoon } from '../testing/in-memory.lagoon';
import {
  LagoonAnswerError,
  LagoonCircuitOpenError,
  LagoonRefusedError,
  LagoonUnauthenticatedError,
  LagoonUnavailableError,
} from '../lagoon.errors';
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
async function away(scene: GuardedFixture): Promise<void> {
  scene.inner.script.unavailable = true;
  while (scene.core.breaker.state === 'closed') {
    const read = scene.core.lagoon.ping().catch(() => undefined);
    await scene.clock.advance(2_000);
    await read;
  }
}

async function outcomeOf(scene: GuardedFixture, read: Promise<unknown>): Promise<unknown> {
  const outcome = read.then(
    () => 'answered',
    (error: unknown) => error,
  );
  await scene.clock.advance(20_000);
  return outcome;
}

describe('a read', () => {
  it('that found no Lagoon is repeated three times at most', async () => {
    const scene = guardedFixture({ rules: { retryBudgetPercent: 1_000, breakerFailures: 100 } });
    scene.inner.script.unavailable = true;
    const error = await outcomeOf(scene, scene.core.lagoon.ping());
    expect(error).toBeInstanceOf(LagoonUnavailableError);
    expect(callsOf(scene, 'ping')).toBe(4);
    expect(scene.observer.classes).toEqual(Array(4).fill('unavailable'));
  });

  it('answers what a repeat brought', async () => {
    const scene = guardedFixture();
    scene.inner.script.unavailable = true;
    const read = scene.core.lagoon.ping();
    await new Promise(setImmediate);
    scene.inner.script.unavailable = false;
    await scene.clock.advance(4_000);
    expect(await read).toBe('in-memory');
    expect(scene.observer.classes).toEqual(['unavailable', 'answered']);
  });

  it.each([
    [new LagoonAnswerError('{}'), 'unknown-answer'],
    [new LagoonRefusedError('permission', 'no', true), 'refused'],
    [new LagoonUnauthenticatedError('no'), 'unauthenticated'],
    [new TypeError('a bug'), 'broken'],
  ])('that ended with %p is not repeated', async (failure, told) => {
    const inner = new FailingLagoon();
    inner.failure = failure;
    const scene = guardedFixture({ inner, rules: { breakerFailures: 1 } });
    expect(await outcomeOf(scene, scene.core.lagoon.ping())).toBe(failure);
    expect(callsOf(scene, 'ping')).toBe(1);
    expect(scene.observer.classes).toEqual([told]);
    expect(scene.core.breaker.state).toBe('closed');
  });

  it('is not repeated beyond the budget', async () => {
    const scene = guardedFixture({ rules: { breakerFailures: 10_000 } });
    for (let n = 0; n < 200; n += 1) await scene.core.lagoon.ping();
    scene.inner.script.unavailable = true;
    const reads = Promise.allSettled(Array.from({ length: 100 }, () => scene.core.lagoon.ping()));
    await scene.clock.advance(9_000);
    const outcomes = await reads;
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(100);
    expect(callsOf(scene, 'ping')).toBe(300 + 30);
  });

  it('ends when its caller gives up, without another request', async () => {
    const scene = guardedFixture();
    scene.inner.script.unavailable = true;
    const stop = new AbortController();
    const read = scene.core.lagoon.ping(stop.signal);
    await new Promise(setImmediate);
    stop.abort();
    await expect(read).rejects.toThrow(LagoonUnavailableError);
    expect(callsOf(scene, 'ping')).toBe(1);
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
    const scene = guardedFixture();
    scene.inner.script.answerNext(answer);
    expect(await deploy(scene)).toEqual(answer);
    await scene.clock.advance(MINUTE);
    expect(callsOf(scene, 'deployLatest')).toBe(1);
  });

  it('is an outage for the breaker when no Lagoon answered', async () => {
    const scene = guardedFixture();
    scene.inner.script.unavailable = true;
    for (let n = 0; n < 5; n += 1) expect((await deploy(scene)).kind).toBe('ambiguous');
    expect(scene.core.breaker.state).toBe('open');
    expect(await deploy(scene)).toMatchObject({
      kind: 'refused',
      cause: 'not-sent',
      retryable: true,
    });
    expect(callsOf(scene, 'deployLatest')).toBe(5);
    expect(scene.observer.classes.at(-1)).toBe('held-back');
  });

  it('is no outage when its caller gave up before it was sent', async () => {
    const scene = guardedFixture({ rules: { breakerFailures: 1 } });
    expect(await deploy(scene, AbortSignal.abort())).toMatchObject({ cause: 'not-sent' });
    expect(scene.core.breaker.state).toBe('closed');
  });

  it('that waited for its turn until its end is not sent', async () => {
    const scene = guardedFixture({ requestsPerSecond: 1 });
    await scene.core.lagoon.ping();
    const stop = new AbortController();
    const waiting = deploy(scene, stop.signal);
    await new Promise(setImmediate);
    stop.abort();
    expect(await waiting).toMatchObject({ kind: 'refused', cause: 'not-sent', retryable: true });
    expect(callsOf(scene, 'deployLatest')).toBe(0);
  });

  it('is not sent when the core went away while it waited for its turn', async () => {
    const scene = guardedFixture({ requestsPerSecond: 1, rules: { breakerFailures: 1 } });
    scene.inner.script.unavailable = true;
    const read = scene.core.lagoon.ping().catch(() => undefined);
    const waiting = deploy(scene);
    await scene.clock.advance(20_000);
    await read;
    expect(await waiting).toMatchObject({ kind: 'refused', cause: 'not-sent' });
    expect(callsOf(scene, 'deployLatest')).toBe(0);
  });
});

describe('a core that is away', () => {
  it('is asked nothing, and says since when', async () => {
    const scene = guardedFixture();
    await away(scene);
    const asked = scene.inner.calls.length;
    const opened = scene.core.breaker.openSince;
    const error = await scene.core.lagoon.ping().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LagoonCircuitOpenError);
    expect(error).toMatchObject({ core: 'core-a', since: opened, code: 'lagoon-unavailable' });
    expect((await deploy(scene)).kind).toBe('refused');
    expect(scene.inner.calls).toHaveLength(asked);
  });

  it('is tried by one read when the pause is over, and is back when that is answered', async () => {
    const scene = guardedFixture();
    await away(scene);
    scene.inner.script.unavailable = false;
    await scene.clock.advance(10_000);
    const asked = scene.inner.calls.length;
    expect(await deploy(scene)).toMatchObject({ cause: 'not-sent' });
    const reads = [1, 2, 3].map(() => scene.core.lagoon.ping());
    const outcomes = await Promise.allSettled(reads);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(scene.inner.calls).toHaveLength(asked + 1);
    expect(scene.core.breaker).toMatchObject({ state: 'closed', openSince: null });
    expect(scene.observer.states).toEqual(['open', 'half-open', 'closed']);
    expect((await deploy(scene)).kind).not.toBe('not-sent');
  });

  it('stays so, for longer each time, while the trial fails; the outage is as old as ever', async () => {
    const scene = guardedFixture();
    await away(scene);
    const since = scene.core.breaker.openSince;
    let trials = 0;
    for (let n = 0; n < 300; n += 1) {
      const before = scene.inner.calls.length;
      await outcomeOfTry(scene);
      trials += scene.inner.calls.length - before;
    }
    // 300 s with pauses of half to whole of 20, 40, 60, 60 … seconds.
    expect(trials).toBeGreaterThanOrEqual(5);
    expect(trials).toBeLessThanOrEqual(13);
    expect(scene.core.breaker.openSince).toBe(since);
  });

  async function outcomeOfTry(scene: GuardedFixture): Promise<void> {
    await scene.core.lagoon.ping().catch(() => undefined);
    await scene.clock.advance(1_000);
  }

  it('is tried in time although the wall clock jumps', async () => {
    for (const jump of [-7_200_000, 7_200_000]) {
      const scene = guardedFixture();
      await away(scene);
      scene.clock.jump(jump);
      scene.inner.script.unavailable = false;
      await scene.clock.advance(10_000);
      expect(await scene.core.lagoon.ping()).toBe('in-memory');
    }
  });

  it('is not believed to be away as long as it answers in between, be it with a refusal', async () => {
    const inner = new FailingLagoon();
    const scene = guardedFixture({ inner, rules: { breakerFailures: 2, retryBudgetPercent: 0 } });
    const outage = new LagoonUnavailableError('HTTP 503');
    for (const failure of [outage, new LagoonRefusedError('permission', 'no', true), outage]) {
      inner.failure = failure;
      await expect(scene.core.lagoon.ping()).rejects.toBe(failure);
    }
    expect(scene.core.breaker.state).toBe('closed');
    await expect(scene.core.lagoon.ping()).rejects.toBe(outage);
    expect(scene.core.breaker.state).toBe('open');
  });

  it('is not believed to be away after reads that were given up', async () => {
    const scene = guardedFixture({ rules: { breakerFailures: 1 } });
    scene.inner.script.unavailable = true;
    const stop = new AbortController();
    const read = scene.core.lagoon.ping(stop.signal);
    stop.abort();
    await expect(read).rejects.toThrow(LagoonUnavailableError);
    expect(scene.core.breaker.state).toBe('closed');
  });

  it('is not believed to be back after a trial that was given up', async () => {
    const scene = guardedFixture();
    await away(scene);
    await scene.clock.advance(10_000);
    const stop = new AbortController();
    const read = scene.core.lagoon.ping(stop.signal);
    stop.abort();
    await expect(read).rejects.toThrow(LagoonUnavailableError);
    expect(scene.core.breaker.state).toBe('open');
  });
});

describe('after an outage', () => {
  it('500 who waited do not ask more than agreed in any second', async () => {
    const rules = { callTimeoutMs: MINUTE };
    const scene = guardedFixture({ requestsPerSecond: 20, rules });
    await away(scene);
    scene.inner.script.unavailable = false;
    await scene.clock.advance(10_000);
    await scene.core.lagoon.ping();
    const asked = scene.inner.calls.length;
    const perSecond: number[] = [];
    const reads = Array.from({ length: 500 }, (_, n) =>
      scene.core.lagoon.deploymentsByBulkId(`${n}`),
    );
    const settled = Promise.allSettled(reads);
    await scene.clock.advance(500);
    for (let second = 0; second < 26; second += 1) {
      const before = scene.inner.calls.length;
      await scene.clock.advance(1_000);
      perSecond.push(scene.inner.calls.length - before);
    }
    const outcomes = await settled;
    expect(Math.max(...perSecond)).toBeLessThanOrEqual(20);
    expect(scene.inner.calls.length - asked).toBe(500);
    expect(outcomes.every(({ status }) => status === 'fulfilled')).toBe(true);
  });
});

describe('the guarded Lagoon', () => {
  it('answers as the Lagoon behind it', async () => {
    const scene = guardedFixture();
    const placed = scene.inner.script.place(TARGET);
    const { lagoon } = scene.core;
    const id = placed.environmentId;
    const deployed = await lagoon.deployLatest({ environmentId: id, bulkName: 'm' }, live());
    expect(deployed.kind).toBe('accepted');
    expect(await lagoon.findEnvironment(TARGET)).toMatchObject({ environmentId: id });
    expect(await lagoon.findEnvironments([TARGET])).toHaveLength(1);
    expect(await lagoon.deploymentsOf(id, { limit: 5 })).toMatchObject([{ bulkName: 'm' }]);
    const many = await lagoon.deploymentsOfMany([{ environmentId: id }]);
    expect(many.get(id)).toHaveLength(1);
    expect(await lagoon.routesOf(id)).toEqual(placed.routes);
    expect(await lagoon.tasksOf(id, { limit: 5 })).toEqual([]);
    expect(await lagoon.taskById(4711)).toBeNull();
    expect(scene.observer.requests.map(({ operation }) => operation)).toEqual(
      scene.inner.calls.map(({ operation }) => operation),
    );
  });

  it('looks environments up together when many ask', async () => {
    const scene = guardedFixture();
    scene.inner.script.place(TARGET);
    const found = await Promise.all([1, 2, 3].map(() => scene.core.lagoon.findEnvironment(TARGET)));
    expect(found.every((environment) => environment !== null)).toBe(true);
    expect(callsOf(scene, 'findEnvironment')).toBe(1);
    expect(callsOf(scene, 'findEnvironments')).toBe(1);
  });
});
