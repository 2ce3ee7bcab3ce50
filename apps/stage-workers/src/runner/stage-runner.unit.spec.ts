import type { StoredEvent } from '@uplift/contracts';
import {
  RevisionConflictError,
  StreamGoneError,
  UnreadableHistoryError,
} from '@uplift/event-store';
import { LagoonUnavailableError } from '@uplift/lagoon';
import { StageFixture } from '../testing/stage-fixture';
import { DefectCounts, LongWaitError, retryDelayMs, triageOf } from './failure-triage';
import type { StageHandler } from './stage-handler.port';

const failing = (error: Error, stage: StageHandler['stage'] = 'pre-upgrade'): StageHandler => ({
  stage,
  run: () => Promise.reject(error),
});
const BUG = new TypeError('bug');

async function defects(fixture: StageFixture, count: number): Promise<unknown> {
  let outcome: unknown;
  for (let n = 1; n <= count; n += 1) outcome = await fixture.handle(failing(BUG), n);
  return outcome;
}

describe('the stage runner', () => {
  it('acknowledges what the stage has done', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const stage: StageHandler = { stage: 'pre-upgrade', run: () => Promise.resolve() };
    expect(await fixture.handle(stage)).toEqual({ kind: 'done' });
  });

  it('tells the stage how far somebody got who had the message before', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const seen: boolean[] = [];
    const stage: StageHandler = {
      stage: 'pre-upgrade',
      run: ({ session }) => Promise.resolve(void seen.push(session.isIn('pre-upgrade-running'))),
    };
    await fixture.handle(stage, 1);
    const { upgradeId, attempt } = fixture.order;
    const data = { upgradeId, attempt, worker: 'other' };
    await fixture.append({ type: 'PreUpgradeStarted', data });
    await fixture.handle(stage, 2);
    expect(seen).toEqual([false, true]);
    expect(fixture.store.loads).toBe(2);
  });

  it('waits out an outage, however long', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    for (const count of [1, 2, 3, 4, 5, 6, 500]) {
      const outcome = await fixture.handle(failing(new LagoonUnavailableError('down')), count);
      expect(outcome).toMatchObject({ kind: 'retry' });
    }
    expect(await fixture.types()).toEqual([]);
  });

  it('gives the message back at once when the process is asked to stop', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    fixture.stopping.abort(new Error('stop'));
    expect(await fixture.handle(failing(BUG), 9)).toEqual({ kind: 'retry', delayMs: 0 });
    expect(await fixture.types()).toEqual([]);
  });

  it('tries a defect again at first', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    for (const count of [1, 2, 3, 4]) {
      expect(await fixture.handle(failing(BUG), count)).toMatchObject({ kind: 'retry' });
    }
    expect(await fixture.types()).toEqual([]);
  });

  it('parks at the fifth defect, as an event that names it', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    expect(await defects(fixture, 5)).toEqual({ kind: 'rejected' });
    const { upgradeId, attempt } = fixture.order;
    const { id: eventId } = fixture.openingEvent;
    const what = { reason: 'TypeError', eventType: 'UpgradeRequested', detail: 'bug' };
    const data = { upgradeId, attempt, stage: 'pre-upgrade', eventId, ...what };
    expect(await fixture.appended()).toEqual([{ type: 'StageParked', data }]);
  });

  it('says in few words what was wrong, and no secret', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const words = `no https://joe:hunter2@lagoon.example ${'x'.repeat(500)}`;
    for (let n = 1; n <= 5; n += 1) await fixture.handle(failing(new TypeError(words)), n);
    const [parked] = await fixture.appended();
    const detail = parked?.type === 'StageParked' ? parked.data.detail : undefined;
    expect(detail).toMatch(/^no https:\/\/\[redacted\]@lagoon.example x+$/);
    expect(detail).toHaveLength(200);
  });

  it('parks once, whoever tries again', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    await defects(fixture, 5);
    expect(await fixture.handle(failing(BUG), 6)).toEqual({ kind: 'rejected' });
    expect(await fixture.types()).toEqual(['StageParked']);
  });

  it('keeps the message when parking cannot be recorded', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    await defects(fixture, 4);
    fixture.store.faults.push('lost', 'lost', 'lost', 'lost', 'lost');
    expect(await fixture.handle(failing(BUG), 5)).toMatchObject({ kind: 'retry' });
    expect(await fixture.types()).toEqual([]);
    expect(await fixture.handle(failing(BUG), 6)).toEqual({ kind: 'rejected' });
    expect(await fixture.types()).toEqual(['StageParked']);
  });

  it('counts neither the deliveries of others nor outages for defects', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const down = failing(new LagoonUnavailableError('down'));
    for (const count of [9, 10, 11, 12]) {
      expect(await fixture.handle(down, count)).toMatchObject({ kind: 'retry' });
      expect(await fixture.handle(failing(BUG), count)).toMatchObject({ kind: 'retry' });
    }
    expect(await fixture.types()).toEqual([]);
    expect(await fixture.handle(failing(BUG), 13)).toEqual({ kind: 'rejected' });
  });

  it('counts anew what was done in between, and what another stage was handed', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    await defects(fixture, 4);
    await fixture.handle({ stage: 'pre-upgrade', run: () => Promise.resolve() }, 5);
    expect(await fixture.handle(failing(BUG), 6)).toMatchObject({ kind: 'retry' });
    await defects(fixture, 3);
    const elsewhere = failing(BUG, 'upgrade');
    expect(await fixture.handle(elsewhere)).toMatchObject({ kind: 'retry' });
    expect(await fixture.types()).toEqual([]);
  });

  it('rejects a message about an instance that does not exist', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const event = { ...fixture.openingEvent, stream: 'instance-nobody' };
    const stage: StageHandler = {
      stage: 'pre-upgrade',
      run: async ({ session }) => {
        const { upgradeId, attempt } = session.workOrder;
        const data = { upgradeId, attempt, worker: 'w' };
        await session.submit({ type: 'StartPreUpgrade', data });
      },
    };
    const handed = (count: number) => fixture.runner.handle(stage, fixture.delivery(count, event));
    for (let n = 1; n < 7; n += 1) expect(await handed(n)).toMatchObject({ kind: 'retry' });
    expect(await handed(7)).toEqual({ kind: 'rejected' });
  });
});

describe('a message that comes while the store lacks what the bus has', () => {
  const doing = (run: StageHandler['run']): StageHandler => ({ stage: 'pre-upgrade', run });
  const idle = doing(() => Promise.resolve());
  const diverged = async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    fixture.isDiverged = true;
    return fixture;
  };

  it('is kept though the stage finds nothing to do, and acknowledged with the right store', async () => {
    const fixture = await diverged();
    expect(await fixture.handle(idle)).toMatchObject({ kind: 'retry' });
    fixture.isDiverged = false;
    expect(await fixture.handle(idle, 2)).toEqual({ kind: 'done' });
  });

  it('is kept if the store does not know it, however often it came, and is not counted', async () => {
    const fixture = await diverged();
    const event = { ...fixture.openingEvent, revision: fixture.openingEvent.revision + 5 };
    const handed = () => fixture.runner.handle(idle, fixture.delivery(500, event));
    const setAside = async () => {
      const { body } = await fixture.metrics.render();
      return [...body.matchAll(/^uplift_messages_set_aside_total\{.*reason="([^"]+)"/gm)].map(
        (m) => m[1],
      );
    };
    expect(await handed()).toMatchObject({ kind: 'retry' });
    expect(await setAside()).toEqual([]);
    fixture.isDiverged = false;
    expect(await handed()).toEqual({ kind: 'rejected' });
    expect(await setAside()).toEqual(['message-not-in-store']);
  });

  it('is not parked', async () => {
    const fixture = await diverged();
    expect(await defects(fixture, 6)).toMatchObject({ kind: 'retry' });
    expect(await fixture.types()).toEqual([]);
  });
});

describe('an instance that was said to wait before any worker had its message', () => {
  const starting: StageHandler = {
    stage: 'pre-upgrade',
    run: async ({ session }) => {
      const { upgradeId, attempt } = session.workOrder;
      const data = { upgradeId, attempt, worker: 'w' };
      await session.submit({ type: 'StartPreUpgrade', data });
    },
  };

  const waiting = async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const { upgradeId, attempt } = fixture.order;
    const since = '2026-03-01T10:00:00.000Z';
    const wait = {
      upgradeId,
      attempt,
      target: 'lagoon:eu-1',
      since,
      stage: 'pre-upgrade',
    } as const;
    await fixture.append({ type: 'WaitingFor', data: wait });
    return fixture;
  };

  it('is told that it does no longer, and goes on', async () => {
    const fixture = await waiting();
    expect(await fixture.handle(starting)).toEqual({ kind: 'done' });
    expect(await fixture.types()).toEqual(['WaitingFor', 'WaitEnded', 'PreUpgradeStarted']);
  });

  it('waits on while Lagoon does not answer', async () => {
    const fixture = await waiting();
    fixture.lagoon.script.unavailable = true;
    expect(await fixture.handle(starting)).toMatchObject({ kind: 'retry' });
    expect(await fixture.types()).toEqual(['WaitingFor']);
  });
});

describe('triage', () => {
  const chance = (fraction: number) => ({
    fraction: () => fraction,
    uuid: () => '',
    bytes: (count: number) => Buffer.alloc(count),
  });

  it.each([
    new RevisionConflictError('s', 1),
    new LagoonUnavailableError('x'),
    new LongWaitError(),
  ])('%s passes by itself', (error) => expect(triageOf(error)).toBe('outage'));

  it.each([BUG, 'text', undefined])('%s is a defect', (error) => {
    expect(triageOf(error)).toBe('defect');
  });

  it.each([
    ['unknown-type', 'outage'],
    ['newer-version', 'outage'],
    ['invalid-data', 'foreign'],
    ['damaged-metadata', 'foreign'],
    ['broken-chain', 'foreign'],
    ['illegal-step', 'foreign'],
  ] as const)('a history that cannot be read (%s) is %s', (reason, triage) => {
    const stored = { id: 'e', stream: 's', revision: 1 } as StoredEvent;
    expect(triageOf(new UnreadableHistoryError(stored, { reason, detail: '' }))).toBe(triage);
  });

  it('a history that is gone is foreign', () => {
    expect(triageOf(new StreamGoneError('s', 'deleted'))).toBe('foreign');
  });

  it('waits longer with each delivery, at most 30 s, with jitter', () => {
    const delays = [1, 2, 3, 20, 5_000].map((count) => retryDelayMs(count, chance(1)));
    expect(delays).toEqual([250, 500, 1_000, 30_000, 30_000]);
    expect(retryDelayMs(20, chance(0))).toBe(22_500);
  });
});

describe('the count of defects', () => {
  it('remembers so many messages and no more, those with the newest defects', () => {
    const counts = new DefectCounts(2);
    counts.add('a');
    counts.add('b');
    counts.add('a');
    counts.add('c');
    expect([counts.add('a'), counts.add('b')]).toEqual([3, 1]);
  });
});
