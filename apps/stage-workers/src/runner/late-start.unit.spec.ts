import { LagoonUnavailableError } from '@uplift/lagoon';
import { VirtualClock } from '@uplift/runtime/testing';
import { PreUpgradeStage } from '../stages/pre-upgrade/pre-upgrade.stage';
import { PostUpgradeStage } from '../stages/post-upgrade/post-upgrade.stage';
import { SCRIPTED } from '../testing/example-upgrade';
import { scriptsOf, StageFixture, WORKER } from '../testing/stage-fixture';
import type { InstanceSession } from './instance-session';
import type { StageHandler } from './stage-handler.port';

const START = Date.parse('2026-06-01T00:00:00.000Z');
const ASKED = { requestedBy: 'operator-7', reason: 'wrong release' };

const begin = (session: InstanceSession) =>
  session.begin({ type: 'StartPreUpgrade', data: { ...session.attempt, worker: WORKER } });
const fail = (session: InstanceSession) => {
  const failure = { reason: 'environment-missing', evidence: {}, retryable: false } as const;
  const data = { ...session.attempt, ...failure, ...session.timed };
  return session.submit({ type: 'FailPreUpgrade', data });
};
const STARTED = ['PreUpgradeStarted'];
const FAILED = ['PreUpgradeStarted', 'PreUpgradeFailed'];

/** A stage that begins, and then does what the test says. */
const beginning = (run: (session: InstanceSession) => Promise<unknown>): StageHandler => ({
  stage: 'pre-upgrade',
  run: async ({ session }) => {
    begin(session);
    await run(session);
  },
});
const throwing = (error: Error) => beginning(() => Promise.reject(error));

class Step {
  /** Ends the waiting of the stage. */
  goOn: () => void = () => undefined;

  private constructor(readonly fixture: StageFixture) {}

  static async pending() {
    return new Step(await StageFixture.at('UpgradeRequested', {}, new VirtualClock(START)));
  }

  /** It has begun and waits; afterwards it fails. */
  waiting(): StageHandler {
    return beginning(async (session) => {
      await new Promise<void>((resolve) => (this.goOn = resolve));
      await fail(session);
    });
  }

  async pass(ms: number): Promise<void> {
    await this.fixture.clock.advance(ms);
    for (let n = 0; n < 20; n++) await new Promise(setImmediate);
  }
}

describe('the start of a stage', () => {
  it('is recorded together with the first that comes of it, and says when it was', async () => {
    const { fixture } = await Step.pending();
    const stage = beginning(async (session) => {
      expect(session.isIn('pre-upgrade-running')).toBe(true);
      await fixture.clock.advance(400);
      expect(await fixture.types()).toEqual([]);
      await fail(session);
    });
    expect(await fixture.handle(stage)).toEqual({ kind: 'done' });
    expect(await fixture.appended()).toMatchObject([
      {
        type: 'PreUpgradeStarted',
        data: { worker: WORKER, startedAt: '2026-06-01T00:00:00.000Z' },
      },
      { type: 'PreUpgradeFailed', data: { activeMs: 400 } },
    ]);
    expect(fixture.store.appends).toBe(1);
  });

  it('is recorded alone after a second without anything else', async () => {
    const step = await Step.pending();
    const handled = step.fixture.handle(step.waiting());
    await step.pass(999);
    expect(await step.fixture.types()).toEqual([]);
    await step.pass(1);
    expect(await step.fixture.types()).toEqual(STARTED);
    await step.pass(9_000);
    step.goOn();
    expect(await handled).toEqual({ kind: 'done' });
    expect(await step.fixture.appended()).toMatchObject([
      { type: 'PreUpgradeStarted', data: { startedAt: '2026-06-01T00:00:00.000Z' } },
      { type: 'PreUpgradeFailed', data: { activeMs: 10_000 } },
    ]);
    expect(step.fixture.store.appends).toBe(2);
  });

  it('is tried again when the store did not take it', async () => {
    const step = await Step.pending();
    step.fixture.store.faults.push('lost', 'lost');
    const handled = step.fixture.handle(step.waiting());
    await step.pass(1_000);
    await step.pass(500);
    expect(await step.fixture.types()).toEqual([]);
    await step.pass(1_000);
    expect(await step.fixture.types()).toEqual(STARTED);
    step.goOn();
    expect(await handled).toEqual({ kind: 'done' });
    expect(await step.fixture.types()).toEqual(FAILED);
  });

  it.each(['stored', 'lost'] as const)(
    'comes with what comes of it, whether the append on its own was %s',
    async (fault) => {
      const step = await Step.pending();
      step.fixture.store.faults.push(fault, fault);
      const handled = step.fixture.handle(step.waiting());
      await step.pass(1_000);
      step.goOn();
      await step.pass(500);
      expect(await handled).toEqual({ kind: 'done' });
      expect(await step.fixture.types()).toEqual(FAILED);
    },
  );

  it('waits for no append of its own that is under way', async () => {
    const step = await Step.pending();
    let release: () => void = () => undefined;
    step.fixture.store.rivals.push(() => new Promise<void>((resolve) => (release = resolve)));
    const handled = step.fixture.handle(step.waiting());
    await step.pass(1_000);
    step.goOn();
    await step.pass(5_000);
    expect(await step.fixture.types()).toEqual([]);
    release();
    expect(await handled).toEqual({ kind: 'done' });
    expect(await step.fixture.types()).toEqual(FAILED);
    expect(step.fixture.store.appends).toBe(2);
  });

  it('is recorded alone with a defect, and once', async () => {
    const { fixture } = await Step.pending();
    for (const count of [1, 2]) {
      const answer = await fixture.handle(throwing(new TypeError('bug')), count);
      expect(answer).toMatchObject({ kind: 'retry' });
    }
    expect(await fixture.types()).toEqual(STARTED);
  });

  it('is recorded before the outage that it met', async () => {
    const { fixture } = await Step.pending();
    fixture.openBreaker(START - 1_000);
    await fixture.handle(throwing(new LagoonUnavailableError('down')));
    expect(await fixture.types()).toEqual([...STARTED, 'WaitingFor']);
    expect(fixture.store.appends).toBe(1);
  });

  it('is recorded alone where Lagoon was away for a moment', async () => {
    const { fixture } = await Step.pending();
    await fixture.handle(throwing(new LagoonUnavailableError('down')));
    expect(await fixture.types()).toEqual(STARTED);
  });

  it('is left to the next worker by one that is asked to stop, for good', async () => {
    const step = await Step.pending();
    const stop = beginning(() => {
      step.fixture.stopping.abort(new Error('stop'));
      return Promise.reject(new Error('stop'));
    });
    expect(await step.fixture.handle(stop)).toEqual({ kind: 'retry', delayMs: 0 });
    await step.pass(10_000);
    expect(await step.fixture.types()).toEqual([]);
    expect(await step.fixture.handle(beginning(fail), 2)).toEqual({ kind: 'done' });
    expect(await step.fixture.types()).toEqual(FAILED);
  });

  it('is not recorded again after what came of it', async () => {
    const step = await Step.pending();
    await step.fixture.handle(beginning(fail));
    await step.pass(10_000);
    expect(step.fixture.store.appends).toBe(1);
  });
});

describe('a stage that has begun and of which nothing is recorded', () => {
  const meanwhile = async (change: (fixture: StageFixture) => Promise<void>) => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const stage = beginning(async (session) => {
      await change(fixture);
      await fail(session);
    });
    expect(await fixture.handle(stage)).toEqual({ kind: 'done' });
    return fixture.types();
  };

  it('ends with a cancel that came before', async () => {
    const types = await meanwhile((fixture) => {
      const status = fixture.order.originStatus;
      return fixture.append(
        { type: 'UpgradeCancelRequested', data: { ...fixture.ids, ...ASKED } },
        { type: 'UpgradeCancelled', data: { ...fixture.ids, status } },
      );
    });
    expect(types).toEqual(['UpgradeCancelRequested', 'UpgradeCancelled']);
  });

  it('is not begun while an operator holds the instance', async () => {
    const types = await meanwhile((fixture) =>
      fixture.append({ type: 'InstanceParked', data: { ...fixture.ids, ...ASKED } }),
    );
    expect(types).toEqual(['InstanceParked']);
  });

  it('goes on where another worker has begun it', async () => {
    const types = await meanwhile((fixture) =>
      fixture.append({ type: 'PreUpgradeStarted', data: { ...fixture.ids, worker: 'other' } }),
    );
    expect(types).toEqual(FAILED);
  });

  it('is over where another worker has ended it', async () => {
    const types = await meanwhile((fixture) =>
      fixture.append(
        { type: 'PreUpgradeStarted', data: { ...fixture.ids, worker: 'other' } },
        {
          type: 'PreUpgradeFailed',
          data: { ...fixture.ids, reason: 'x', evidence: {}, retryable: false },
        },
      ),
    );
    expect(types).toEqual(FAILED);
  });

  it('ends the wait that others have told of first, before its start', async () => {
    const fixture = await StageFixture.at('UpgradeRequested');
    const since = '2026-05-31T23:59:00.000Z';
    const wait = { target: 'lagoon:eu-1', since, stage: 'pre-upgrade' } as const;
    const stage = beginning(async (session) => {
      await fixture.append({ type: 'WaitingFor', data: { ...fixture.ids, ...wait } });
      await fail(session);
    });
    expect(await fixture.handle(stage)).toEqual({ kind: 'done' });
    expect(await fixture.types()).toEqual(['WaitingFor', 'WaitEnded', ...FAILED]);
  });
});

describe('nothing is changed in Lagoon before a start is recorded', () => {
  it.each([
    ['UpgradeRequested', 'PreUpgradeStarted'],
    ['PostUpgradePending', 'PostUpgradeStarted'],
  ] as const)('by a script after %s', async (opening, started) => {
    const fixture = await StageFixture.at(opening, { profile: SCRIPTED });
    fixture.lagoon.script.endAtOnce = 'complete';
    const { cores, gate } = fixture;
    const scripts = scriptsOf(fixture);
    const known: string[][] = [];
    const { lagoon } = fixture;
    const addTask = lagoon.addTask.bind(lagoon);
    jest.spyOn(lagoon, 'addTask').mockImplementation(async (...request) => {
      known.push(await fixture.types());
      return addTask(...request);
    });
    const stage =
      opening === 'UpgradeRequested'
        ? new PreUpgradeStage({ cores, gate, scripts }, { worker: WORKER, concurrency: 8 })
        : new PostUpgradeStage(scripts, WORKER);
    expect(await fixture.handle(stage)).toEqual({ kind: 'done' });
    expect(known).toEqual([[started, 'ScriptRequested']]);
    expect(fixture.store.appends).toBe(3);
  });
});
