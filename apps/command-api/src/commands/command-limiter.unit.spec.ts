import { Logger } from '@nestjs/common';
import { ProblemError } from '@uplift/contracts';
import { Health, Metrics } from '@uplift/runtime';
import { VirtualClock } from '@uplift/runtime/testing';
import { CommandLimiter, CommandLimits } from './command-limiter';

const UNDER_WAY = 8;

beforeEach(() => {
  Logger.overrideLogger(false);
});

/** What became of one command: how long its answer took, in ms. */
interface Answer {
  readonly isAccepted: boolean;
  readonly ms: number;
}

function limited(queued = 512) {
  const clock = new VirtualClock();
  const metrics = new Metrics('command-api');
  const health = new Health(clock);
  health.markStarted();
  const limits = new CommandLimits({ commandsUnderWay: UNDER_WAY, commandsQueued: queued });
  const limiter = new CommandLimiter(limits, clock, metrics, health);
  const answers: Answer[] = [];
  const ask = async (work: () => Promise<unknown>) => {
    const askedAt = clock.monotonic();
    const isAccepted = await limiter.run(work).then(
      () => true,
      (error: unknown) => {
        if (error instanceof ProblemError && error.problem.code === 'overloaded') return false;
        throw error;
      },
    );
    answers.push({ isAccepted, ms: clock.monotonic() - askedAt });
  };
  /** So many commands a second, each of which takes the store so long. */
  const load = async (perSecond: number, takesMs: number, seconds: number) => {
    answers.length = 0;
    for (let n = 0; n < perSecond * seconds; n += 1) {
      void ask(() => clock.pause(takesMs));
      await clock.advance(1_000 / perSecond);
    }
    await clock.advance(takesMs + 1_000);
    return [...answers];
  };
  return { clock, metrics, health, limiter, load, ask, answers };
}

const accepted = (answers: readonly Answer[]) => answers.filter(({ isAccepted }) => isAccepted);
const refused = (answers: readonly Answer[]) => answers.filter(({ isAccepted }) => !isAccepted);

function p99(answers: readonly Answer[]): number {
  const sorted = answers.map(({ ms }) => ms).sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length * 0.99)] ?? 0;
}

describe('commands within what the service can do', () => {
  it('are all taken, a burst of them too', async () => {
    const { load, clock, ask, answers } = limited();
    expect(refused(await load(70, 100, 3))).toEqual([]);
    answers.length = 0;
    for (let n = 0; n < 30; n += 1) void ask(() => clock.pause(100));
    await clock.advance(1_000);
    expect(accepted(answers)).toHaveLength(30);
  });
});

describe('ten times the load', () => {
  it.each([
    ['a fast store', 20],
    ['a slow store', 100],
    ['a store at its limit', 600],
  ])('on %s: accepted within a second, the others refused at once', async (_, takesMs) => {
    const { load } = limited();
    const capacity = (UNDER_WAY * 1_000) / takesMs;
    expect(refused(await load(0.7 * capacity, takesMs, 3))).toEqual([]);
    const answers = await load(10 * capacity, takesMs, 5);
    expect(p99(accepted(answers))).toBeLessThan(1_000);
    expect(Math.max(...refused(answers).map(({ ms }) => ms))).toBeLessThan(50);
    expect(accepted(answers).length).toBeGreaterThanOrEqual(4 * capacity);
  });

  it('leaves nothing behind', async () => {
    const { load, metrics, health } = limited();
    expect(refused(await load(800, 100, 3))).not.toEqual([]);
    expect(refused(await load(70, 100, 20))).toEqual([]);
    const { body } = await metrics.render();
    expect(body).toContain('uplift_commands_under_way 0');
    expect(body).toContain('uplift_commands_queued 0');
    expect((await health.readiness()).degraded).toBeUndefined();
  });

  it('is one line at once, and one a minute', async () => {
    const lines: unknown[] = [];
    const warn = (_: unknown, fields: object) => void lines.push(fields);
    Logger.overrideLogger({ log: () => undefined, error: () => undefined, warn });
    const { load } = limited();
    const answers = await load(20, 1_000, 150);
    expect(lines).toHaveLength(3);
    await load(10, 100, 60);
    const counted = lines.map((fields) => (fields as { refused: number }).refused);
    expect(counted[0]).toBe(1);
    expect(counted.reduce((sum, count) => sum + count)).toBe(refused(answers).length);
  });

  it('is told by the health page, which stays ready, and by a metric', async () => {
    const { load, health, metrics } = limited();
    const answers = await load(800, 100, 3);
    const { ok, degraded } = await health.readiness();
    expect([ok, degraded?.commands]).toEqual([true, expect.stringMatching(/^overloaded: /)]);
    const { body } = await metrics.render();
    expect(body).toContain(`uplift_commands_overloaded_total ${refused(answers).length}`);
  });
});

describe('a store that stands still', () => {
  it('holds what is under way; whoever waited is refused within half a second, whoever comes at once', async () => {
    const { clock, ask, answers } = limited();
    const hang = () => new Promise(() => undefined);
    for (let n = 0; n < 2 * UNDER_WAY; n += 1) void ask(hang);
    await clock.advance(500);
    expect(refused(answers)).toHaveLength(UNDER_WAY);
    void ask(hang);
    await clock.advance(0);
    expect(answers.at(-1)).toEqual({ isAccepted: false, ms: 0 });
  });
});

test('no more wait than the settings say', async () => {
  const { clock, ask, answers } = limited(3);
  for (let n = 0; n < UNDER_WAY + 5; n += 1) void ask(() => clock.pause(100));
  await clock.advance(0);
  expect(refused(answers)).toHaveLength(2);
});

test('whoever is patient waits for its turn, and takes it', async () => {
  const { clock, limiter } = limited(0);
  const ended: number[] = [];
  for (let n = 0; n < 3 * UNDER_WAY; n += 1) {
    void limiter.runPatiently(() => clock.pause(1_000)).then(() => ended.push(clock.monotonic()));
  }
  await clock.advance(3_000);
  expect(ended).toHaveLength(3 * UNDER_WAY);
  expect(ended.at(-1)).toBe(3_000);
});

test('the patient are not without bound either', async () => {
  const { clock, limiter } = limited(0);
  const waiting = Array.from({ length: 1_000 + UNDER_WAY + 1 }, () =>
    limiter.runPatiently(() => clock.pause(1)),
  );
  await expect(waiting.at(-1)).rejects.toMatchObject({ problem: { code: 'overloaded' } });
  await clock.advance(1_000);
  await Promise.all(waiting.slice(0, -1));
});
