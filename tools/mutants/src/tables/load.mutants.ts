import type { Mutant } from '../mutant';

const LIMITER = 'apps/command-api/src/commands/command-limiter.unit.spec.ts';
const RETRIES = 'libs/lagoon/src/core/read-retries.unit.spec.ts';
const GATE = 'libs/event-store/src/append-gate.unit.spec.ts';

/** Bounded memory, pace, overload and full disks. */
export const LOAD_MUTANTS: readonly Mutant[] = [
  {
    id: 'tail-does-not-wait-for-its-consumer',
    breaks: ['I-33', 'I-27'],
    what: 'the tail takes the next batch while its consumer is at work on the last one',
    file: 'libs/event-store/src/all-tail.ts',
    search: 'await this.options.consume?.(batch, ending);',
    replacement: 'void this.options.consume?.(batch, ending);',
    test: {
      spec: 'libs/event-store/src/all-tail.unit.spec.ts',
      name: 'hands nothing on, and takes nothing more, before the consumer is done with a batch',
    },
  },
  {
    id: 'queue-of-a-client-without-end',
    breaks: ['I-33'],
    what: 'events pile up for a client that reads slowly',
    file: 'apps/command-api/src/events/event-watch.ts',
    search: 'if (this.items.length >= this.limit) {',
    replacement: 'if (this.items.length >= 1_000 * this.limit) {',
    test: {
      spec: 'apps/command-api/src/events/event-watch.unit.spec.ts',
      name: 'keeps a thousand events for a client that does not read, and no more',
    },
  },
  {
    id: 'defects-remembered-for-ever',
    breaks: ['I-33'],
    what: 'a worker forgets no message that it met a defect with',
    file: 'apps/stage-workers/src/runner/failure-triage.ts',
    search: 'if (this.counts.size > this.most && oldest !== undefined) this.counts.delete(oldest);',
    replacement: 'void oldest;',
    test: {
      spec: 'apps/stage-workers/src/runner/stage-runner.unit.spec.ts',
      name: 'remembers so many messages and no more, those with the newest defects',
    },
  },
  {
    id: 'no-pause-while-a-core-is-away',
    breaks: ['I-34'],
    what: 'rounds of the poller follow each other without a pause while a core with many builds is away',
    file: 'apps/stage-workers/src/poller/poll-scheduler.ts',
    search: 'if (trouble !== null) this.isBehind = false;',
    replacement: '',
    test: {
      spec: 'apps/stage-workers/src/poller/poll-rounds.unit.spec.ts',
      name: 'is followed by a pause when the core goes away',
    },
  },
  {
    id: 'pace-ignored',
    breaks: ['I-34'],
    what: 'requests to a core go out without a pause, however many wait',
    file: 'libs/lagoon/src/core/request-limiter.ts',
    search: 'return Math.max(0, oldest + SECOND_MS - this.clock.monotonic());',
    replacement: 'return Math.max(0, oldest - this.clock.monotonic());',
    test: {
      spec: 'libs/lagoon/src/core/guarded.lagoon.unit.spec.ts',
      name: '500 who waited do not ask more than agreed in any second',
    },
  },
  {
    id: 'repeats-without-a-budget',
    breaks: ['I-34'],
    what: 'every read of an outage is repeated',
    file: 'libs/lagoon/src/core/read-retries.ts',
    search: 'if (!this.allows(current)) return false;',
    replacement: 'if (this.percent === 0) return false;',
    test: { spec: RETRIES, name: 'is a share of the calls' },
  },
  {
    id: 'pauses-without-chance',
    breaks: ['I-34'],
    what: 'all who wait try again at the same moment',
    file: 'libs/runtime/src/time/backoff.ts',
    search: 'return full / 2 + (full / 2) * this.randomness.fraction();',
    replacement: 'return full;',
    test: {
      spec: 'libs/runtime/src/time/time.unit.spec.ts',
      name: 'doubles up to its limit, at least half of it certain',
    },
  },
  {
    id: 'overload-taken-in',
    breaks: ['I-35'],
    what: 'a command waits for its turn however long that is',
    file: 'apps/command-api/src/commands/command-limiter.ts',
    search: 'return waitMs <= LONGEST_WAIT_MS && waitMs + this.serviceMs <= LONGEST_ANSWER_MS;',
    replacement: 'return waitMs >= 0;',
    test: { spec: LIMITER, name: 'a slow store' },
  },
  {
    id: 'waits-until-the-store-is-back',
    breaks: ['I-35'],
    what: 'a command that waits for its turn while the store stands still is never refused',
    file: 'apps/command-api/src/commands/command-limiter.ts',
    search: 'const cancelTimer = this.clock.after(MOST_IN_QUEUE_MS, giveUp);',
    replacement: 'const cancelTimer = this.clock.after(1_000 * MOST_IN_QUEUE_MS, giveUp);',
    test: {
      spec: LIMITER,
      name: 'holds what is under way; whoever waited is refused within half a second, whoever comes at once',
    },
  },
  {
    id: 'full-store-tried-by-everybody',
    breaks: ['I-36'],
    what: 'every append is sent to a store that takes none',
    file: 'libs/event-store/src/append-gate.ts',
    search: 'if (this.isTrying || this.ports.clock.monotonic() < this.nextTryAt) {',
    replacement: 'if (this.isTrying && this.nextTryAt < 0) {',
    test: { spec: GATE, name: 'are refused without being sent, but for one now and then' },
  },
  {
    id: 'full-store-never-tried-again',
    breaks: ['I-36'],
    what: 'appends stay refused once there is room again',
    file: 'libs/event-store/src/append-gate.ts',
    search: 'if (this.isTrying || this.ports.clock.monotonic() < this.nextTryAt) {',
    replacement: 'if (this.isTrying || this.ports.clock.monotonic() >= 0) {',
    test: { spec: GATE, name: 'are taken within two seconds once there is room' },
  },
  {
    id: 'full-bus-counts-as-published',
    breaks: ['I-36', 'I-07'],
    what: 'a message that a full bus has refused counts as stored',
    file: 'libs/bus/src/publish-run.ts',
    search:
      "if (answer.kind === 'failed') return this.fail(answer.reason, sequence, answer.detail);\n    if (answer.sequence !== sequence)",
    replacement: "if (answer.kind === 'failed') return;\n    if (answer.sequence !== sequence)",
    test: {
      spec: 'test/contract/bus/bus.unit.spec.ts',
      name: 'confirms a run up to its first failure, and nothing after it',
    },
  },
  {
    id: 'start-at-a-limited-core-recorded-late',
    breaks: ['I-34'],
    what: 'a start at a core with limits is recorded with what comes of it, and nobody sees it before',
    file: 'apps/stage-workers/src/admission/start-gate.ts',
    search: 'if (this.entry.isAwaited) await this.begin(command);',
    replacement: 'if (this.entry.isAwaited && command.type.length < 3) await this.begin(command);',
    test: {
      spec: 'apps/stage-workers/src/admission/start-gate.unit.spec.ts',
      name: 'at a core with limits a start is appended at once, before anything comes of it',
    },
  },
];
