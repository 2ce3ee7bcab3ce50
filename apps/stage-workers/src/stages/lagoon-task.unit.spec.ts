import { InMemoryLagoon, LagoonUnavailableError } from '@uplift/lagoon';
import { LongWaitError } from '../runner/long-wait.error';
import { LagoonTaskRunner } from './lagoon-task';

const TARGET = { project: 'shop', environment: 'main' };

function scene(patienceMs = 10_000) {
  const lagoon = new InMemoryLagoon();
  const { environmentId } = lagoon.script.place(TARGET);
  const runner = new LagoonTaskRunner(lagoon, {
    pollIntervalMs: 1,
    callTimeoutMs: 100,
    patienceMs,
  });
  const stopping = new AbortController();
  const run = (start: { isOurs: boolean; at?: number }) =>
    runner.run(
      {
        environmentId,
        name: 'marker-pre',
        script: { service: 'cli', command: 'backup' },
        start: { at: performance.now(), ...start },
      },
      stopping.signal,
    );
  const count = (operation: string) =>
    lagoon.calls.filter((call) => call.operation === operation).length;
  return { lagoon, run, count, stopping };
}

describe('a script run as a Lagoon task', () => {
  it('is added without a look-up by whoever started the step', async () => {
    const { lagoon, run, count } = scene();
    lagoon.script.endAtOnce = 'complete';
    expect(await run({ isOurs: true })).toMatchObject({ kind: 'complete' });
    expect([count('tasksOf'), count('addTask')]).toEqual([0, 1]);
  });

  it('is followed, not added, when it is there already', async () => {
    const { lagoon, run, count } = scene();
    lagoon.script.endAtOnce = 'complete';
    await run({ isOurs: true });
    expect(await run({ isOurs: false })).toMatchObject({ kind: 'complete' });
    expect(count('addTask')).toBe(1);
  });

  it('is added by a successor only after a second look-up', async () => {
    const { lagoon, run, count } = scene();
    lagoon.script.endAtOnce = 'complete';
    expect(await run({ isOurs: false })).toMatchObject({ kind: 'complete' });
    expect([count('tasksOf'), count('addTask')]).toEqual([2, 1]);
  });

  it('is not added without a look-up by a worker that was frozen since it started the step', async () => {
    const { lagoon, run, count } = scene();
    lagoon.script.endAtOnce = 'complete';
    await run({ isOurs: true, at: performance.now() - 1_000 });
    expect(count('tasksOf')).toBe(2);
  });

  it.each(['ambiguous', 'not-sent'])('is left to the next delivery when %s', async (kind) => {
    const { lagoon, run } = scene();
    lagoon.script.answerNext(
      kind === 'ambiguous'
        ? { kind, evidence: 'reset' }
        : { kind: 'refused', cause: 'not-sent', reason: 'refused', retryable: true },
    );
    await expect(run({ isOurs: true })).rejects.toThrow(LagoonUnavailableError);
  });

  it('ends the wait at once when the process is asked to stop', async () => {
    const { run, stopping } = scene();
    const running = run({ isOurs: true });
    stopping.abort(new Error('stop'));
    await expect(running).rejects.toThrow();
  });

  it('is given back when it takes long, and found again', async () => {
    const { lagoon, run, count } = scene(3);
    await expect(run({ isOurs: true })).rejects.toThrow(LongWaitError);
    lagoon.script.endTasks(TARGET);
    expect(await run({ isOurs: false })).toMatchObject({ kind: 'complete' });
    expect(count('addTask')).toBe(1);
  });
});
