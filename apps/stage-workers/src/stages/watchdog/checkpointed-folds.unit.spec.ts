import { createHash } from 'node:crypto';
import { CLOCK_STREAM } from '@uplift/contracts';
import type {
  FindingCommand,
  InstanceEvent,
  InstanceEventType,
  SystemEvent,
  SystemEventData,
  SystemEventType,
} from '@uplift/domain';
import {
  commandSequences,
  event,
  eventsOf,
  EXAMPLE_SYSTEM_DATA,
  upTo,
  WHOLE_UPGRADE,
} from '@uplift/domain/testing';
import type { TailedInstanceEvent, TailedSystemEvent, TailFold } from '@uplift/event-store';
import { SystemHistory } from '@uplift/event-store';
import { createLogger } from '@uplift/runtime';
import { VirtualClock } from '@uplift/runtime/testing';
import fc from 'fast-check';
import { FindingRecorder } from '../../auditor/finding-recorder';
import { StoreClock } from '../../store/event-clock';
import { AdmissionFixture, HOUR, MINUTE, stopAll } from '../../testing/admission-fixture';
import { ORDER } from '../../testing/example-upgrade';
import { ACTOR } from '../../testing/example-worker';
import { Fleet, settled } from '../../testing/fleet';
import { ClockCheck } from './clock-check';
import { DeadlineProjection } from './deadlines.projection';
import { StageQueues } from './stage-queues';
import { UpgradeStatistics } from './upgrade-statistics';
import { WaitReasons } from './wait-reasons';

const LIMITS = {
  pending: 1_000,
  step: 2_000,
  call: 3_000,
  queued: 4_000,
  running: 5_000,
  verify: 6,
};
const CORE = { name: 'eu-1', triggersPerHour: 100, triggerBurst: 2, buildsInFlight: 2 };
const SECOND = 1_000;
const ASIDE = [
  ...['WaitingFor', 'WaitEnded', 'StillWaiting', 'InstanceParked', 'StageRedriven'],
  ...['UpgradePrioritized', 'UpgradeStarted', 'UpgradeRetried', 'UpgradeFailed'],
] as InstanceEventType[];

const FOUND = EXAMPLE_SYSTEM_DATA.FindingRecorded;

type Told = TailedInstanceEvent | TailedSystemEvent;

/** All that a watchdog keeps of instances and switches, admission with it, and an auditor of findings. */
class Folds {
  readonly clock = new VirtualClock();
  /** What the auditor appends. */
  readonly appended: FindingCommand[] = [];
  readonly findings = new FindingRecorder({
    commands: {
      handle: ({ command }: { readonly command: FindingCommand }) => {
        this.appended.push(command);
        return Promise.resolve({ kind: 'appended' });
      },
    } as never,
    ...{ actor: ACTOR, clock: this.clock, logger: createLogger('spec', { level: 'silent' }) },
  });
  private readonly deadlines = new DeadlineProjection(LIMITS, this.clock);
  private readonly reasons = new WaitReasons({
    limitsOf: () => CORE,
    nameOf: (core) => core,
    clock: this.clock,
  });
  private readonly queues = new StageQueues(() => Promise.resolve(null), this.clock);
  private readonly storeClock = new StoreClock(this.clock);
  private readonly statistics = new UpgradeStatistics();
  private readonly all: readonly TailFold[] = [
    this.deadlines,
    ...this.reasons.folds,
    this.queues.fold,
    this.storeClock.fold,
    this.findings.fold,
    this.statistics,
  ];

  follow(events: readonly Told[]): this {
    for (const event of events) {
      this.storeClock.observe(event.at, false);
      if ('instanceId' in event) this.take(event);
      else this.takeOfSystem(event);
    }
    return this;
  }

  private take(event: TailedInstanceEvent): void {
    this.deadlines.record(event);
    this.reasons.record(event);
    this.queues.record(event);
    this.statistics.record(event);
  }

  private takeOfSystem(event: TailedSystemEvent): void {
    this.reasons.recordSwitch(event);
    this.findings.observe(event);
  }

  /** By name, as a checkpoint has them. */
  get kept(): Record<string, unknown[]> {
    const texts = this.all.map((fold) => [
      fold.name,
      [...fold.entries()].map((entry) => JSON.parse(JSON.stringify(entry)) as unknown),
    ]);
    return Object.fromEntries(texts) as Record<string, unknown[]>;
  }

  takeBack(kept: Record<string, unknown[]>): this {
    for (const fold of this.all) {
      fold.clear();
      for (const entry of kept[fold.name] ?? []) fold.takeBack(entry);
    }
    return this;
  }

  /** What those who ask get to hear. */
  get seen(): unknown {
    const late = this.deadlines.overdue(Number.MAX_SAFE_INTEGER).map((row) => ({
      row: { ...row, step: row.step.limitMs, attempt: row.attempt?.limitMs },
      why: this.reasons.of(row),
      place: this.reasons.queued(row),
      isOver: this.reasons.isOver(row),
    }));
    const { ended, duration } = this.statistics;
    return { late, open: this.findings.openByKind, ended, times: duration.kept };
  }

  /** Why nothing happens to those in flight. */
  get waits(): unknown[] {
    const rows = this.deadlines.overdue(Number.MAX_SAFE_INTEGER);
    return rows.map((row) => this.reasons.of(row)?.target);
  }
}

/** The histories of several instances and of the system, one event of each in turn, told by workers and watchdogs. */
function mixed(
  histories: readonly (readonly InstanceEvent[])[],
  system: readonly SystemEvent[] = [],
): Told[] {
  const longest = Math.max(system.length, ...histories.map(({ length }) => length));
  return Array.from({ length: longest }, (_, revision) => {
    const told = (n: number) => ({
      eventId: `e${n}.${revision}`,
      ...{ revision, isLive: false, at: (revision * 10 + n) * SECOND },
      writtenBy: n % 2 === 0 ? 'stage-workers/w' : 'stage-workers/w/watchdog',
    });
    const ofInstances = histories.flatMap((events, n): Told[] => {
      const event = events[revision];
      return event === undefined ? [] : [{ ...told(n), instanceId: `i${n}`, event }];
    });
    const event = system[revision];
    return event === undefined ? ofInstances : [...ofInstances, { ...told(9), event }];
  }).flat();
}

function systemEvent<Type extends SystemEventType>(
  type: Type,
  changes: Partial<SystemEventData[Type]> = {},
): SystemEvent {
  return { type, data: { ...EXAMPLE_SYSTEM_DATA[type], ...changes } } as SystemEvent;
}

/** At the end one switch is off, and one finding open. */
const SYSTEM_EVENTS = [
  systemEvent('StartsStopped', { core: null }),
  systemEvent('StartsAllowed', { core: null }),
  systemEvent('StartsAllowed', { core: 'eu-1' }),
  systemEvent('StartsStopped', { core: 'eu-1' }),
  systemEvent('FindingRecorded', { findingId: 'f1' }),
  systemEvent('FindingClosed', { findingId: 'f1' }),
  systemEvent('FindingRecorded', { findingId: 'f2', kind: 'clock-skew' }),
];

/** What a checkpoint of the one gives to the other. */
function handOver(from: TailFold, to: TailFold): void {
  to.clear();
  for (const entry of from.entries()) to.takeBack(JSON.parse(JSON.stringify(entry)));
}

describe('the folds of a process that begins with a checkpoint', () => {
  it('are those of one that has read everything, wherever the checkpoint stands', () => {
    const histories = fc.array(commandSequences.map(eventsOf), { minLength: 2, maxLength: 4 });
    const system = fc.array(fc.constantFrom(...SYSTEM_EVENTS), { maxLength: 12 });
    const percents = fc.integer({ min: 0, max: 100 });
    fc.assert(
      fc.property(histories, system, percents, (given, ofSystem, percent) => {
        const events = mixed(given, ofSystem);
        const place = Math.round((events.length * percent) / 100);
        const whole = new Folds().follow(events);
        const { kept } = new Folds().follow(events.slice(0, place));
        const restored = new Folds().follow(mixed([WHOLE_UPGRADE])).takeBack(kept);
        restored.follow(events.slice(place));
        expect(restored.kept).toEqual(whole.kept);
        expect(restored.seen).toEqual(whole.seen);
      }),
      { numRuns: 200 },
    );
  });

  it('keep nothing of an order but what they go by', () => {
    const { deadlines } = new Folds().follow(mixed([WHOLE_UPGRADE.slice(0, 5)])).kept;
    const [row] = deadlines as [{ order: object }];
    expect(Object.keys(row.order).sort()).toEqual(['attempt', 'attemptMs', 'profile', 'upgradeId']);
  });

  /**
   * Whoever changes what the same events lead to has to raise the version in the `basis` of that fold, or processes go
   * on from checkpoints of other rules. Then this digest is renewed.
   */
  it('come to what their versions stand for', () => {
    const waiting = ASIDE.map((type) => [...WHOLE_UPGRADE.slice(0, 5), event(type)]);
    const events = mixed([WHOLE_UPGRADE, ...waiting], SYSTEM_EVENTS);
    const text = JSON.stringify(new Folds().follow(events).kept);
    const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
    expect(digest).toBe('9eff72032cd11849');
  });
});

describe('a process that begins with a checkpoint', () => {
  const restored = (events: readonly Told[]) =>
    new Folds().takeBack(new Folds().follow(events).kept);

  it('holds up the starts that are stopped', () => {
    const stops = [null, 'eu-1'].map((core) => systemEvent('StartsStopped', { core }));
    const { waits } = restored(mixed([upTo('UpgradeRequested')], stops));
    expect(waits).toEqual(['switch:system']);
  });

  it('records no finding again, and closes what is over', async () => {
    const { findings, appended } = restored(mixed([], [{ type: 'FindingRecorded', data: FOUND }]));
    expect(findings.openOf(FOUND.kind)).toBe(1);
    findings.note(FOUND);
    await findings.flush(() => undefined);
    expect(appended).toEqual([]);
    findings.noteEnd(FOUND.findingId, 'they are gone');
    await findings.flush(() => undefined);
    expect(appended.map(({ type }) => type)).toEqual(['CloseFinding']);
  });

  it('asks for the time behind whoever asked last', async () => {
    const { store, clock } = new Fleet();
    const check = () => new ClockCheck(new SystemHistory(store, 'stage-workers'), ACTOR, clock);
    const [first, second] = [check(), check()];
    await first.ask();
    for (const asked of await store.load(CLOCK_STREAM)) first.observe(asked);
    handOver(first.fold, second.fold);
    await second.ask();
    expect(await store.load(CLOCK_STREAM)).toHaveLength(2);
  });
});

describe('admission that begins with a checkpoint', () => {
  const ONE_A_MINUTE = { triggersPerHour: 60, triggerBurst: 1, buildsInFlight: 0 };
  const GOES_ON = 'the fold of events goes on from a checkpoint';
  afterEach(() => stopAll());

  it('counts time from the newest event that is in it', async () => {
    const fixture = new AdmissionFixture(1);
    const [first, second] = await fixture.requested(2);
    await fixture.pass(HOUR);
    await fixture.trigger(await fixture.admission(ONE_A_MINUTE), first!);
    await fixture.pass(SECOND);
    await stopAll();
    const admission = await fixture.admission(ONE_A_MINUTE);
    void fixture.trigger(admission, second!, { openedAt: fixture.fleet.clock.wall() - HOUR });
    await fixture.quiet();
    expect(fixture.lines).toContain(GOES_ON);
    expect([fixture.begun, admission.why('eu-1')]).toEqual([[first], 'trigger-rate']);
    await fixture.pass(MINUTE);
    expect(fixture.begun).toEqual([first, second]);
  });

  it('sends away who came before it, for an upgrade that is over', async () => {
    const fixture = new AdmissionFixture(1);
    const [instanceId] = await fixture.requested(1);
    const data = { upgradeId: ORDER.upgradeId, attempt: 1, status: ORDER.originStatus };
    await fixture.admission(ONE_A_MINUTE);
    await fixture.fleet.append(instanceId!, { type: 'UpgradeCancelled', data });
    await settled();
    await stopAll();
    const { admission, start } = fixture.unstarted(ONE_A_MINUTE);
    void fixture.trigger(admission, instanceId!);
    start();
    await settled();
    expect(fixture.lines).toContain(GOES_ON);
    expect(fixture.ends).toEqual(['over']);
  });
});
