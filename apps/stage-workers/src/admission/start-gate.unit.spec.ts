import type { StopView, SystemView, WorkOrder } from '@uplift/domain';
import { ALL_STARTS_ALLOWED } from '@uplift/domain';
import { AllTail } from '@uplift/event-store';
import { SingleLagoonCore } from '@uplift/lagoon';
import { unguardedCore } from '@uplift/lagoon/testing';
import { VirtualClock } from '@uplift/runtime/testing';
import { ORDER, SCRIPTED } from '../testing/example-upgrade';
import { protocolOf, scriptsOf, StageFixture, WORKER } from '../testing/stage-fixture';
import { PreUpgradeStage } from '../stages/pre-upgrade/pre-upgrade.stage';
import { UpgradeStage } from '../stages/upgrade/upgrade.stage';
import { AdmissionControl } from './admission-control';
import { StartGate, type Start } from './start-gate';
import { StartsSwitch } from './starts-switch';

const SECOND = 1_000;
const START = Date.parse('2026-06-01T00:00:00.000Z');
const STOP: StopView = { requestedBy: 'operator-7', reason: 'incident', since: START - 5_000 };
const STOPPED: SystemView = { system: STOP, cores: {} };
const AMBIGUOUS = { kind: 'ambiguous', evidence: 'HTTP 504' } as const;
const VARIABLES = {
  strategy: 'variables',
  target: { variables: [{ name: 'FEATURE_X', value: 'on', scope: 'RUNTIME' }] },
} as const;
const open: StageFixture[] = [];
afterEach(() => open.splice(0).forEach(({ admission }) => admission.onApplicationShutdown()));

type Opening = 'UpgradeRequested' | 'UpgradePending';

/** A stage at work, in a time that goes on when it is told to. */
class Begun {
  private constructor(readonly fixture: StageFixture) {}

  static async at(opening: Opening, changes: Partial<WorkOrder> = {}, reads: SystemView[] = []) {
    const fixture = await StageFixture.at(opening, changes, new VirtualClock(START));
    if (reads.length > 0) reading(fixture, reads);
    open.push(fixture);
    fixture.admission.onApplicationBootstrap();
    return new Begun(fixture);
  }

  handle() {
    const { fixture } = this;
    const { cores, gate, clock } = fixture;
    const scripts = scriptsOf(fixture);
    const isFirst = fixture.openingEvent.type === 'UpgradeRequested';
    const options = { worker: WORKER, timeoutMs: 20_000, concurrency: 8 };
    const stage = isFirst
      ? new PreUpgradeStage({ cores, gate, scripts }, options)
      : new UpgradeStage({ cores, gate, protocol: protocolOf(fixture), scripts, clock }, options);
    return fixture.handle(stage);
  }

  async pass(ms: number): Promise<void> {
    await this.fixture.clock.advance(ms);
    for (let n = 0; n < 20; n++) await new Promise(setImmediate);
  }

  /** Lets it begin and wait; afterwards starts are allowed. */
  async untilAllowed(): Promise<readonly string[]> {
    const handled = this.handle();
    await this.pass(5 * SECOND);
    const before = await this.fixture.types();
    Object.defineProperty(this.fixture, 'switches', { value: ALL_STARTS_ALLOWED });
    await this.pass(5 * SECOND);
    expect(await handled).toEqual({ kind: 'done' });
    return before;
  }
}

/** What each read of the switches finds, the last one again and again. */
function reading(fixture: StageFixture, [first, ...others]: readonly SystemView[]): void {
  const views = [first!, ...others];
  Object.defineProperty(fixture, 'switches', {
    configurable: true,
    get: () => (views.length > 1 ? views.shift() : views[0]),
  });
}

test('at a core with limits a start is appended at once, before anything comes of it', async () => {
  const fixture = await StageFixture.at('UpgradeRequested', {}, new VirtualClock(START));
  const { clock, randomness, store, lagoon } = fixture;
  const limits = { triggersPerHour: 60, triggerBurst: 5, buildsInFlight: 0 };
  const settings = { ...limits, platformRole: false, probeSuffixes: [] };
  const cores = new SingleLagoonCore(unguardedCore(lagoon, { name: 'eu-1', settings }));
  const starts = new StartsSwitch(
    () => Promise.resolve(ALL_STARTS_ALLOWED),
    (core) => core,
  );
  const onBreak = (error: unknown) => expect(error).toBeUndefined();
  const tail = new AllTail(store, { clock, randomness, onBreak });
  const admission = new AdmissionControl(tail, { clock, cores, starts, onBeat: () => undefined });
  const gate = new StartGate(admission, starts, clock);
  tail.start();
  admission.onApplicationBootstrap();
  const before: (readonly string[])[] = [];
  const look = async () => before.push(await fixture.types());
  store.rivals.push(look, look);
  const ports = { cores, gate, scripts: scriptsOf(fixture) };
  const stage = new PreUpgradeStage(ports, { worker: WORKER, concurrency: 8 });
  const handled = fixture.handle(stage);
  await clock.advance(5 * SECOND);
  expect(await handled).toEqual({ kind: 'done' });
  expect(before).toEqual([[], ['PreUpgradeStarted']]);
  admission.onApplicationShutdown();
  await tail.stop();
});

describe('while starts are stopped', () => {
  it.each([
    ['of the system', STOPPED, 'switch:system'],
    ['of its core', { system: null, cores: { 'eu-1': STOP } }, 'switch:eu-1'],
  ])(
    'no pre-upgrade begins, the instance says why, and goes on by itself: starts %s',
    async (_of, view, target) => {
      const begun = await Begun.at('UpgradeRequested', {}, [view]);
      expect(await begun.untilAllowed()).toEqual(['WaitingFor']);
      const [wait, ended, started] = await begun.fixture.appended();
      expect(wait).toMatchObject({
        data: {
          target,
          since: '2026-05-31T23:59:55.000Z',
          stage: 'pre-upgrade',
          evidence: { requestedBy: 'operator-7', reason: 'incident' },
        },
      });
      expect([ended?.type, started?.type]).toEqual(['WaitEnded', 'PreUpgradeStarted']);
      expect((await begun.fixture.types()).at(-1)).toBe('UpgradePending');
    },
  );

  it('nothing is asked of Lagoon for a pre-upgrade that has not begun', async () => {
    const begun = await Begun.at('UpgradeRequested', {}, [STOPPED]);
    void begun.handle();
    await begun.pass(5 * SECOND);
    expect(begun.fixture.lagoon.calls).toEqual([]);
  });

  it('a pre-upgrade that has begun runs its script', async () => {
    const begun = await Begun.at('UpgradeRequested', { profile: SCRIPTED }, [
      ALL_STARTS_ALLOWED,
      STOPPED,
    ]);
    begun.fixture.lagoon.script.endAtOnce = 'complete';
    const handled = begun.handle();
    await begun.pass(5 * SECOND);
    expect(await handled).toEqual({ kind: 'done' });
    expect((await begun.fixture.types()).at(-1)).toBe('UpgradePending');
  });

  it.each([
    ['no deployment is triggered', {}],
    ['no variable is set', VARIABLES],
    [
      'no script takes the place of a deployment',
      { strategy: 'script', target: { script: { service: 'cli', command: 'x' } } } as const,
    ],
  ])('%s', async (_what, changes) => {
    const begun = await Begun.at('UpgradePending', changes, [STOPPED]);
    begun.fixture.lagoon.script.endAtOnce = 'complete';
    expect(await begun.untilAllowed()).toEqual(['WaitingFor']);
    expect((await begun.fixture.types()).slice(0, 2)).toEqual(['WaitingFor', 'WaitEnded']);
    expect(await begun.fixture.types()).toContain('UpgradeStarted');
  });

  it('the switch is read again after variables were set, right before the intent', async () => {
    const begun = await Begun.at('UpgradePending', VARIABLES, [ALL_STARTS_ALLOWED, STOPPED]);
    expect(await begun.untilAllowed()).toEqual([
      'VariablesRequested',
      'VariablesSet',
      'WaitingFor',
    ]);
    expect(await begun.fixture.types()).toContain('DeploymentAccepted');
  });

  it('the switch is read again when the wait has been said to be over', async () => {
    const begun = await Begun.at('UpgradePending', {}, [STOPPED]);
    const handled = begun.handle();
    await begun.pass(3 * SECOND);
    reading(begun.fixture, [ALL_STARTS_ALLOWED, ALL_STARTS_ALLOWED, STOPPED]);
    await begun.pass(2 * SECOND);
    await begun.pass(2 * SECOND);
    expect(await begun.fixture.types()).toEqual(['WaitingFor', 'WaitEnded', 'WaitingFor']);
    reading(begun.fixture, [ALL_STARTS_ALLOWED]);
    await begun.pass(3 * SECOND);
    expect(await handled).toEqual({ kind: 'done' });
  });

  it('a call is not repeated, and the proof that it did not land is not lost', async () => {
    const begun = await Begun.at('UpgradePending', {}, [ALL_STARTS_ALLOWED, STOPPED]);
    const { fixture } = begun;
    fixture.lagoon.script.answerNext(AMBIGUOUS);
    const before = await begun.untilAllowed();
    expect(before.slice(-2)).toEqual(['CallAmbiguous', 'WaitingFor']);
    expect((await fixture.types()).slice(before.length)).toEqual([
      'WaitEnded',
      'CallNotLanded',
      'DeploymentRequested',
      'DeploymentAccepted',
    ]);
  });

  it('a cancel does not wait for the switch, and nothing is called any more', async () => {
    const begun = await Begun.at('UpgradePending', {}, [ALL_STARTS_ALLOWED, STOPPED]);
    const { fixture } = begun;
    const { upgradeId, attempt } = fixture.order;
    fixture.lagoon.script.answerNext(AMBIGUOUS);
    const handled = begun.handle();
    await begun.pass(3 * SECOND);
    const asked = { upgradeId, attempt, requestedBy: 'operator-7', reason: 'wrong' };
    await fixture.append({ type: 'UpgradeCancelRequested', data: asked });
    await begun.pass(15 * SECOND);
    expect(await handled).toEqual({ kind: 'done' });
    expect(fixture.mutations).toEqual(['deployLatest']);
  });

  it('whoever cannot read the switch begins nothing', async () => {
    const begun = await Begun.at('UpgradeRequested');
    Object.defineProperty(begun.fixture, 'switches', {
      get: () => {
        throw new Error('no answer');
      },
    });
    expect(await begun.handle()).toMatchObject({ kind: 'retry' });
    expect(await begun.fixture.types()).toEqual([]);
  });
});

describe('an upgrade that is to start by a certain time', () => {
  it.each([
    ['expires without a call if that is over', START, ['UpgradeExpired']],
    ['begins before', START + 1_000_000, ['PreUpgradeStarted']],
  ])('%s', async (_what, at, types) => {
    const startBy = new Date(at).toISOString();
    const begun = await Begun.at('UpgradeRequested', { startBy });
    expect(await begun.handle()).toEqual({ kind: 'done' });
    expect((await begun.fixture.types()).slice(0, 1)).toEqual(types);
  });

  it('says until when it waits, and expires while it waits', async () => {
    const startBy = new Date(START + 4 * SECOND).toISOString();
    const begun = await Begun.at('UpgradeRequested', { startBy }, [STOPPED]);
    const handled = begun.handle();
    await begun.pass(10 * SECOND);
    expect(await handled).toEqual({ kind: 'done' });
    const [wait, expired] = await begun.fixture.appended();
    expect(wait).toMatchObject({ type: 'WaitingFor', data: { until: startBy } });
    expect(expired).toMatchObject({
      type: 'UpgradeExpired',
      data: { startBy, status: 'running-healthy-claimed' },
    });
    expect(begun.fixture.lagoon.calls).toEqual([]);
  });
});

describe('an instance that an operator holds', () => {
  it('begins no pre-upgrade', async () => {
    const begun = await Begun.at('UpgradeRequested');
    const { upgradeId, attempt } = begun.fixture.order;
    const asked = { upgradeId, attempt, requestedBy: 'operator-7', reason: 'look' };
    await begun.fixture.append({ type: 'InstanceParked', data: asked });
    const handled = begun.handle();
    await begun.pass(SECOND);
    expect(await handled).toEqual({ kind: 'done' });
    expect(await begun.fixture.types()).toEqual(['InstanceParked']);
    expect(begun.fixture.lagoon.calls).toEqual([]);
  });
});

describe('room on its core', () => {
  const { attemptMs: _none, ...old } = ORDER;
  const OLD: WorkOrder = { ...old, deadlineAt: '2099-01-01T00:00:00.000Z' };
  const asked = { requestedBy: 'operator-7', reason: 'again' };

  /** Whether the stage asks for room for what its newest event opens. */
  async function asksForRoom(fixture: StageFixture): Promise<boolean[]> {
    const seen: boolean[] = [];
    const gate = Object.assign(Object.create(fixture.gate) as StartGate, {
      pass: (_session: unknown, { needsRoom }: Start) => {
        seen.push(needsRoom);
        return Promise.resolve(true);
      },
    });
    const { cores, clock } = fixture;
    const scripts = scriptsOf(fixture);
    const ports = { cores, gate, protocol: protocolOf(fixture), scripts, clock };
    const options = { worker: WORKER, timeoutMs: 20_000, concurrency: 8 };
    const isFirst = fixture.openingEvent.type === 'UpgradeRequested';
    await fixture.handle(
      isFirst ? new PreUpgradeStage(ports, options) : new UpgradeStage(ports, options),
    );
    return seen;
  }

  it.each([
    ['before its first work', 'UpgradeRequested', ORDER, true],
    ['not again for its deployment', 'UpgradePending', ORDER, false],
    ['of an earlier build not before its first work', 'UpgradeRequested', OLD, false],
    ['of an earlier build for its deployment', 'UpgradePending', OLD, true],
  ] as const)('is asked for by an attempt %s', async (_when, opening, order, needsRoom) => {
    const fixture = await StageFixture.at(opening, order);
    expect(await asksForRoom(fixture)).toEqual([needsRoom]);
  });

  it('is not asked for again when the stage is offered again', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    const { workOrder } = await fixture.session();
    await fixture.openWith({ type: 'StageRedriven', data: { workOrder, stage: 'upgrade', n: 1 } });
    expect(await asksForRoom(fixture)).toEqual([false]);
  });

  it('is asked for by a retry that begins with the deployment', async () => {
    const fixture = await StageFixture.at('UpgradePending');
    const { workOrder, attempt } = await fixture.session();
    const failure = {
      ...attempt,
      reason: 'deployment-refused',
      evidence: {},
      retryable: true,
    } as const;
    await fixture.append({ type: 'UpgradeFailed', data: failure });
    await fixture.openWith({
      type: 'UpgradeRetried',
      data: { workOrder: { ...workOrder, attempt: 2 }, ...asked, fromStage: 'upgrade' },
    });
    expect(await asksForRoom(fixture)).toEqual([true]);
  });
});
