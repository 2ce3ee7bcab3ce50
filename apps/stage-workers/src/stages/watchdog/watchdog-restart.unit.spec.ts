import {
  AllTail,
  StreamGoneError,
  SystemHistory,
  TailCheckpoints,
  UnreadableHistoryError,
} from '@uplift/event-store';
import { SeededRandomness } from '@uplift/runtime/testing';
import { StoreClock } from '../../store/event-clock';
import { ACTOR } from '../../testing/example-worker';
import { Fleet, settled } from '../../testing/fleet';
import { LIMITS, MINUTE } from '../../testing/watched-fleet';
import { ClockCheck } from './clock-check';
import { DeadlineEnforcer } from './deadline-enforcer';
import { DeadlineProjection } from './deadlines.projection';
import { watchdogActor } from './outages.projection';
import { StageQueues } from './stage-queues';
import { WaitReasons } from './wait-reasons';
import { Watchdog } from './watchdog';

const ROUND_MS = MINUTE / 2;
const HOUR = 60 * MINUTE;

/** A process with checkpoints, whose decisions may fail. */
function start(fleet: Fleet, failure?: Error) {
  const { clock, store } = fleet;
  const randomness = new SeededRandomness(1);
  const lines: string[] = [];
  const line = (_told: object, words: string) => void lines.push(words);
  const checkpoints = new TailCheckpoints(store, {
    ...{ clock, randomness, actor: ACTOR, service: 'stage-workers', name: 'watchdog' },
    everyEvents: 1,
    logger: { info: line, warn: line } as never,
  });
  const tail = new AllTail(store, { clock, randomness, checkpoints });
  const deadlines = new DeadlineProjection(LIMITS, clock);
  const view = {
    deadlines,
    reasons: new WaitReasons({ limitsOf: () => null, nameOf: () => 'default', clock }),
    queues: new StageQueues(() => Promise.reject(new Error('no bus')), clock),
    storeClock: new StoreClock(clock),
  };
  const actor = watchdogActor(ACTOR);
  const enforcer = new DeadlineEnforcer(fleet.commands(), actor);
  if (failure !== undefined) enforcer.timeOut = () => Promise.reject(failure);
  const clockCheck = new ClockCheck(new SystemHistory(store, 'stage-workers'), actor, clock);
  const errors: unknown[] = [];
  const watchdog = new Watchdog(
    tail,
    view,
    { enforcer, clockCheck },
    {
      ...{ clock, randomness, intervalMs: ROUND_MS },
      onBeat: () => undefined,
      onError: (error) => void errors.push(error),
    },
  );
  tail.start();
  watchdog.onApplicationBootstrap();
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += ROUND_MS) {
      await clock.advance(ROUND_MS);
      await settled();
    }
  };
  const stop = async () => {
    const noted = tail.noteFolds();
    await clock.advance(ROUND_MS);
    await noted;
    watchdog.onApplicationShutdown();
    await tail.stop();
  };
  return { deadlines, errors, lines, pass, stop };
}

describe('a watchdog that begins with a checkpoint', () => {
  it.each([
    [
      'could not be read',
      (stream: string) =>
        new UnreadableHistoryError(
          { stream, revision: 1, id: 'e' },
          { reason: 'illegal-step', detail: 'a defect of this build' },
        ),
    ],
    ['was gone', (stream: string) => new StreamGoneError(stream, 'deleted')],
  ])('ends what is late, although its history %s for the one before', async (_why, failureOf) => {
    const fleet = new Fleet();
    const instanceId = await fleet.join('PreUpgradeStarted');
    const first = start(fleet, failureOf(`instance-${instanceId}`));
    await first.pass(HOUR);
    expect([first.errors.length, first.deadlines.size]).toEqual([1, 0]);
    await fleet.join('InstanceRegistered');
    await first.pass(MINUTE);
    await first.stop();
    const second = start(fleet);
    await second.pass(HOUR);
    await second.stop();
    expect(second.lines[0]).toBe('the fold of events goes on from a checkpoint');
    expect(await fleet.types(instanceId)).toContain('StageTimedOut');
  });
});
