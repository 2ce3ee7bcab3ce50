import type { Mutant } from '../mutant';

const WORKERS = 'apps/stage-workers/src';
const CANCELLED = 'libs/domain/src/commands/cancel.commands.unit.spec.ts';
const ANSWER = 'libs/lagoon/src/graphql/mutation-answer.unit.spec.ts';

/** What becomes of a call: late successes, cancels and answers. */
export const OUTCOME_MUTANTS: readonly Mutant[] = [
  {
    id: 'late-success-ignored',
    breaks: ['I-16'],
    what: 'a build that completes after its upgrade was given up changes nothing',
    file: 'libs/domain/src/commands/late-outcome.commands.ts',
    search: 'if (lastUpgrade === null || lastUpgrade.lateOutcomeSeen) return [];',
    replacement: 'if (lastUpgrade === null || !lastUpgrade.lateOutcomeSeen) return [];',
    test: {
      spec: 'libs/domain/src/commands/late-outcome.unit.spec.ts',
      name: 'takes a late success up where the upgrade left off, with a time of its own',
    },
  },
  {
    id: 'next-call-in-spite-of-a-cancel',
    breaks: ['I-17'],
    what: 'a call is made again after a cancel was accepted',
    file: 'libs/domain/src/commands/call.commands.ts',
    search: 'if (isStopped(state)) return [endOfCancel(state)];\n  if (parked) return [];',
    replacement: 'if (parked) return [];',
    test: { spec: CANCELLED, name: 'RetryCall ends the upgrade instead' },
  },
  {
    id: 'first-call-in-spite-of-a-cancel',
    breaks: ['I-17'],
    what: 'a cancel does not keep a stage from its first call',
    file: 'libs/domain/src/commands/command-row.ts',
    search: 'state.workOrder.parked || isStopped(state) ? [] : decide(data, state);',
    replacement: 'state.workOrder.parked ? [] : decide(data, state);',
    test: { spec: CANCELLED, name: 'is not due any more' },
  },
  {
    id: 'cancel-that-does-not-compete',
    breaks: ['I-17', 'I-04'],
    what: 'an intent is appended whatever was appended since it was decided, a cancel too',
    file: 'libs/event-store/src/command-handler.ts',
    search: 'await this.history.appendTo(stream, instance, events, cause);',
    replacement: `await this.history
        .append(stream, instance.head, events, cause)
        .catch(async () =>
          this.history.append(stream, (await this.history.load(stream)).head, events, cause),
        );`,
    test: {
      spec: `${WORKERS}/stages/cancellation/cancellation.stage.unit.spec.ts`,
      name: 'leaves no intent behind if it is faster than the intent',
    },
  },
  {
    id: 'stopped-half-way-without-a-proof',
    breaks: ['I-17'],
    what: 'a cancelled attempt that has acted goes back without a proof of health',
    file: 'libs/domain/src/commands/cancel.commands.ts',
    search:
      'return isRetry || state.task !== null || mayHaveSetVariables(state) || mayHaveRunScript(state);',
    replacement: 'return isRetry || state.task !== null || mayHaveRunScript(state);',
    test: {
      spec: 'libs/domain/src/commands/cancel-upgrade.unit.spec.ts',
      name: 'leads to a proof of health once variables are set',
    },
  },
  {
    id: 'answer-of-a-cancel-believed',
    breaks: ['I-17'],
    what: 'a build counts as stopped because Lagoon took the cancel',
    file: 'libs/domain/src/commands/cancel.commands.ts',
    search: "return data.reason === 'deployment-cancelled'\n      ? [deploymentCancelled",
    replacement: "return data.reason !== 'deployment-cancelled'\n      ? [deploymentCancelled",
    test: { spec: CANCELLED, name: 'fails all the same when the build fails before it is stopped' },
  },
  {
    id: 'unknown-value-accepted',
    breaks: ['I-18'],
    what: 'an answer with a value and an error counts as accepted',
    file: 'libs/lagoon/src/graphql/mutation-answer.ts',
    search: 'const isClear = errors.length === 0 || (value ?? null) === null;',
    replacement: 'const isClear = true;',
    test: {
      spec: 'libs/lagoon/src/graphql/refusal-table.unit.spec.ts',
      name: 'errors beside a value',
    },
  },
  {
    id: 'unreadable-answer-is-refusal',
    breaks: ['I-18'],
    what: 'an answer that is no GraphQL counts as a refusal',
    file: 'libs/lagoon/src/graphql/mutation-answer.ts',
    search: 'if (!isEnvelope(body)) return ambiguous(shapeOfText(answer.status, answer.text));',
    replacement: "if (!isEnvelope(body)) return finalRefusal('invalid-request', 'no GraphQL');",
    test: { spec: 'libs/lagoon/src/graphql/refusal-table.unit.spec.ts', name: 'truncated JSON' },
  },
  {
    id: 'lost-answer-is-refusal',
    breaks: ['I-18', 'I-13'],
    what: 'a call without an answer counts as never sent',
    file: 'libs/lagoon/src/graphql/mutation-answer.ts',
    search: 'if (failure.sent) return ambiguous(`no answer: ${failure.message}`);',
    replacement: '',
    test: { spec: ANSWER, name: 'no answer to a call that may have arrived' },
  },
  {
    id: 'unknown-status-ends-a-build',
    breaks: ['I-18'],
    what: 'a build whose status Uplift does not know counts as failed',
    file: 'libs/lagoon/src/lagoon.types.ts',
    search: "return TERMINAL.get(status.toLowerCase()) ?? 'active';",
    replacement:
      "return TERMINAL.get(status.toLowerCase()) ?? (status in TERMINAL ? 'active' : 'failed');",
    test: {
      spec: `${WORKERS}/stages/polling/polling.stage.unit.spec.ts`,
      name: 'waits on at a status word it does not know',
    },
  },
];
