import type { Mutant } from '../mutant';

const WORKERS = 'apps/stage-workers/src';
const WATCHDOG = `${WORKERS}/stages/watchdog/watchdog.unit.spec.ts`;
const WAITS = `${WORKERS}/stages/watchdog/watchdog-waits.unit.spec.ts`;
const CLOCK = `${WORKERS}/stages/watchdog/watchdog-clock.unit.spec.ts`;
const LATE_START = `${WORKERS}/runner/late-start.unit.spec.ts`;
const HELD = `${WORKERS}/runner/held-message.unit.spec.ts`;
const RUNNER = `${WORKERS}/runner/stage-runner.unit.spec.ts`;
const LIFECYCLE = 'libs/domain/src/instance/instance.lifecycle.unit.spec.ts';
const HEALTH = 'libs/runtime/src/health/health.unit.spec.ts';

/** Deadlines, waits, poison, loops that stand still and clocks. */
export const PROGRESS_MUTANTS: readonly Mutant[] = [
  {
    id: 'handed-over-judged-by-its-time',
    breaks: ['I-20'],
    what: "an event that was handed over inside the process is taken for forged, since its time is not the store's",
    file: `${WORKERS}/runner/held-message.ts`,
    search: 'return isAhead || recordedAt === message.recordedAt;',
    replacement: 'return recordedAt === message.recordedAt || (isAhead && false);',
    test: {
      spec: HELD,
      name: 'that was handed over ahead of the bus has the time of this machine',
    },
  },
  {
    id: 'message-ended-with-what-was-handed-over',
    breaks: ['I-20'],
    what: 'the message of an event that was handed over, and could not be used, is never looked at',
    file: 'libs/bus/src/consumer-loop.ts',
    search: "if (place !== null && outcome.kind === 'rejected') giveBack(message);",
    replacement: 'if (place === undefined) giveBack(message);',
    test: {
      spec: 'libs/bus/src/handed-over.unit.spec.ts',
      name: 'is judged by its message where it could not be used',
    },
  },
  {
    id: 'watchdog-silent',
    breaks: ['I-20'],
    what: 'the watchdog ends no stage that is past its deadline',
    file: `${WORKERS}/stages/watchdog/deadline-enforcer.ts`,
    search: "return this.submit(row, { type: 'TimeOutStage', data });",
    replacement: 'return Promise.resolve(void data);',
    test: { spec: WAITS, name: 'times out what nobody took up after the outage' },
  },
  {
    id: 'attempt-without-an-end',
    breaks: ['I-20'],
    what: 'an attempt that has had its whole time goes on',
    file: `${WORKERS}/stages/watchdog/deadline-row.ts`,
    search: 'if (attemptMs !== undefined) return attemptMs;',
    replacement: 'if (attemptMs !== undefined) return Number.POSITIVE_INFINITY;',
    test: {
      spec: WAITS,
      name: 'ends an attempt that has had its time without the waiting, with evidence',
    },
  },
  {
    id: 'one-failure-ends-the-round',
    breaks: ['I-20', 'I-24'],
    what: 'an instance that cannot be settled holds up those behind it',
    file: `${WORKERS}/stages/watchdog/watchdog.ts`,
    search: 'await look(row).catch((error: unknown) => this.afterFailure(row, error));',
    replacement: 'await look(row);',
    test: { spec: WAITS, name: 'settles whom it can, whoever before them cannot be settled' },
  },
  {
    id: 'status-without-a-deadline',
    breaks: ['I-21', 'I-20'],
    what: 'the status that PreUpgradeStarted leads to has no deadline',
    file: 'libs/domain/src/instance/instance.lifecycle.ts',
    search: "to: 'pre-upgrade-running',\n    owner: 'pre-upgrade',\n    deadline: 'step',",
    replacement: "to: 'pre-upgrade-running',\n    owner: 'pre-upgrade',\n    deadline: null,",
    test: { spec: LIFECYCLE, name: 'is entered with an owner and a deadline' },
  },
  {
    id: 'status-that-cannot-time-out',
    breaks: ['I-21'],
    what: 'the lifecycle forbids to end a stage that is past its deadline in one status',
    file: 'libs/domain/src/instance/instance.lifecycle.ts',
    search: 'StageTimedOut: { from: IN_FLIGHT_STATUSES,',
    replacement: 'StageTimedOut: { from: CANCELLABLE_STATUSES,',
    test: { spec: LIFECYCLE, name: 'can time out, and then ends in a failure' },
  },
  {
    id: 'offered-again-without-limit',
    breaks: ['I-22'],
    what: 'a stage that nobody answers for is offered again for ever',
    file: 'libs/domain/src/commands/parking.commands.ts',
    search:
      'const isDue = status === seenStatus && !workOrder.parked && notes.redriven.byWatchdog < most;',
    replacement: 'const isDue = status === seenStatus && !workOrder.parked && most > 0;',
    test: {
      spec: 'libs/domain/src/commands/parking.commands.unit.spec.ts',
      name: 'is done three times by the watchdog, whatever operators did',
    },
  },
  {
    id: 'fourth-offer',
    breaks: ['I-22'],
    what: 'the watchdog offers a stage again four times',
    file: `${WORKERS}/stages/watchdog/deadline-enforcer.ts`,
    search: 'export const MOST_REDRIVES = 3;',
    replacement: 'export const MOST_REDRIVES = 4;',
    test: { spec: WATCHDOG, name: 'again, three times, and then ends it' },
  },
  {
    id: 'outage-is-a-defect',
    breaks: ['I-23'],
    what: 'an upgrade is set aside because Lagoon does not answer',
    file: `${WORKERS}/runner/failure-triage.ts`,
    search:
      '  StoreDivergedError,\n  LagoonUnavailableError,\n  LagoonUnauthenticatedError,\n  LagoonRefusedError,',
    replacement: '  StoreDivergedError,\n  LagoonUnauthenticatedError,\n  LagoonRefusedError,',
    test: { spec: RUNNER, name: 'waits out an outage, however long' },
  },
  {
    id: 'outage-not-told',
    breaks: ['I-23', 'I-20'],
    what: 'an upgrade that cannot go on while Lagoon is away says nothing',
    file: `${WORKERS}/runner/stage-runner.ts`,
    search: 'await this.ports.outages.tell(session, error, stage);',
    replacement: '',
    test: {
      spec: `${WORKERS}/stages/upgrade/upgrade.stage.unit.spec.ts`,
      name: 'begins nothing while the core is away, and says why',
    },
  },
  {
    id: 'start-never-told',
    breaks: ['I-20'],
    what: 'a stage that has begun and waits for something is not seen to have begun',
    file: `${WORKERS}/runner/instance-session.ts`,
    search: '() => void this.tellStart());',
    replacement: '() => undefined);',
    test: { spec: LATE_START, name: 'is recorded alone after a second without anything else' },
  },
  {
    id: 'start-not-told-with-a-defect',
    breaks: ['I-20', 'I-24'],
    what: 'a stage that begins and fails again and again is not seen to have begun',
    file: `${WORKERS}/runner/stage-runner.ts`,
    search: 'await session.tellStart();',
    replacement: '',
    test: { spec: LATE_START, name: 'is recorded alone with a defect, and once' },
  },
  {
    id: 'deadline-runs-through-an-outage',
    breaks: ['I-23'],
    what: 'the deadline of a stage goes on while it waits for Lagoon',
    file: `${WORKERS}/stages/watchdog/deadline-run.ts`,
    search: 'return { ...run, since: at, seenAt, limitMs: Number.POSITIVE_INFINITY, leftMs };',
    replacement: 'return { ...run, leftMs };',
    test: {
      spec: `${WORKERS}/stages/watchdog/deadline-run.unit.spec.ts`,
      name: 'stands still as long as the wait lasts',
    },
  },
  {
    id: 'breaker-never-opens',
    breaks: ['I-23', 'I-34'],
    what: 'a core that is away is asked again and again',
    file: 'libs/lagoon/src/core/circuit-breaker.ts',
    search: 'if (cause === null || this.abandoned.has(error)) return false;',
    replacement: "if (cause !== 'credentials' || this.abandoned.has(error)) return false;",
    test: {
      spec: 'libs/lagoon/src/core/guarded.lagoon.unit.spec.ts',
      name: 'is an outage for the breaker when no Lagoon answered',
    },
  },
  {
    id: 'poison-comes-for-ever',
    breaks: ['I-24'],
    what: 'a message whose handling always fails is never set aside',
    file: `${WORKERS}/runner/stage-runner.ts`,
    search:
      'return count < DEFECTS_BEFORE_PARKING ? this.retry(count) : this.park(handler, message, error);',
    replacement: 'return count > 0 ? this.retry(count) : this.park(handler, message, error);',
    test: { spec: RUNNER, name: 'parks at the fifth defect, as an event that names it' },
  },
  {
    id: 'poison-dropped-in-silence',
    breaks: ['I-24', 'I-20'],
    what: 'a message that is set aside leaves no event',
    file: `${WORKERS}/runner/stage-runner.ts`,
    search: "await session.submit({ type: 'ParkStage', data });",
    replacement: 'void data;',
    test: { spec: RUNNER, name: 'parks at the fifth defect, as an event that names it' },
  },
  {
    id: 'unreadable-instance-stops-the-tail',
    breaks: ['I-24', 'I-28'],
    what: 'an event that a listener cannot take keeps it from all other instances',
    file: 'libs/event-store/src/tail-listeners.ts',
    search: "this.putAside({ event, instanceId, reason: 'illegal-step', detail });",
    replacement: "if (detail !== '') throw error;",
    test: {
      spec: 'libs/event-store/src/tail-listeners.unit.spec.ts',
      name: 'sets the instance aside whose event a listener cannot take; the others still hear of it',
    },
  },
  {
    id: 'stopped-loop-not-noticed',
    breaks: ['I-25'],
    what: 'a process lives although a loop of it has not beaten for a minute',
    file: 'libs/runtime/src/health/health.ts',
    search: '.filter(({ age }) => age >= this.beatLimitMs);',
    replacement: '.filter(({ age }) => age >= 10 * this.beatLimitMs);',
    test: { spec: HEALTH, name: 'needs a beat of every loop within a minute' },
  },
  {
    id: 'hung-work-beats',
    breaks: ['I-25'],
    what: 'a tail beats while its consumer never comes back',
    file: 'libs/event-store/src/all-tail.ts',
    search: 'await this.options.consume?.(batch, ending);',
    replacement:
      'if (this.options.consume) await beatWhile(this.options.consume(batch, ending), this.options);',
    test: { spec: 'libs/event-store/src/all-tail.unit.spec.ts', name: 'that never comes back' },
  },
  {
    id: 'silent-watchdog-not-noticed',
    breaks: ['I-25'],
    what: 'the command API takes a watchdog for alive whose loop stands still',
    file: 'apps/command-api/src/system/watchdog-watch.ts',
    search: 'this.seenAt = Math.max(this.seenAt, this.clock.monotonic() - ageMs);',
    replacement: 'this.seenAt = Math.max(this.seenAt, this.clock.monotonic() - 0 * ageMs);',
    test: {
      spec: 'test/contract/stage-workers/heartbeat.unit.spec.ts',
      name: 'says within a minute that its loop stands still although the process answers',
    },
  },
  {
    id: 'own-clock-believed',
    breaks: ['I-26'],
    what: 'the watchdog goes by its own clock although the store tells another time',
    file: `${WORKERS}/store/event-clock.ts`,
    search: 'return this.isTrusted ? this.estimate : null;',
    replacement: 'return this.clock.wall();',
    test: {
      spec: CLOCK,
      name: 'fails nobody when it jumps while running, forth and back, and all who are late',
    },
  },
  {
    id: 'clock-trusted-blindly',
    breaks: ['I-26'],
    what: 'a clock that differs from the store’s by hours is trusted',
    file: `${WORKERS}/store/event-clock.ts`,
    search: 'return this.differenceMs <= LARGEST_DIFFERENCE_MS;',
    replacement: 'return this.differenceMs <= 1_000 * LARGEST_DIFFERENCE_MS;',
    test: {
      spec: `${WORKERS}/store/event-clock.unit.spec.ts`,
      name: 'is doubted as soon as the own clock jumps, and believed again when it jumps back',
    },
  },
  {
    id: 'late-by-an-old-time',
    breaks: ['I-26'],
    what: 'somebody is late by a time that the store told long ago',
    file: `${WORKERS}/stages/watchdog/watchdog.ts`,
    search: 'return storeClock.isProved ? late() : [];',
    replacement: 'return late();',
    test: { spec: CLOCK, name: 'ends nobody while the store does not tell it' },
  },
  {
    id: 'wait-of-an-unchanged-build',
    breaks: ['I-20'],
    what: 'an instance still waits for a core that is back, as long as its build goes on as before',
    file: `${WORKERS}/stages/polling/build-follower.ts`,
    search:
      'const isNeeded = this.build !== null || this.memory !== null || this.sketch.isWaiting;',
    replacement: 'const isNeeded = this.build !== null || this.memory !== null;',
    test: {
      spec: `${WORKERS}/stages/polling/polling.stage.unit.spec.ts`,
      name: 'ends a wait when the core is back, although the build goes on as before',
    },
  },
];
