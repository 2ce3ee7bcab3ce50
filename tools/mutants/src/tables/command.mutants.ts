import type { Mutant } from '../mutant';

/** Commands and the store. */
export const COMMAND_MUTANTS: readonly Mutant[] = [
  {
    id: 'answer-before-append',
    breaks: ['I-01'],
    what: 'a command is answered before the store has confirmed its event',
    file: 'libs/event-store/src/command-handler.ts',
    search:
      'const { head, position } = await this.history.appendTo(stream, instance, events, cause);',
    replacement: `void this.history.appendTo(stream, instance, events, cause).catch(() => undefined);
      const { head, position } = instance;`,
    test: {
      spec: 'apps/command-api/src/commands/command-service.unit.spec.ts',
      name: 'passes an unknown outcome on, and finds what was stored on the repeat',
    },
  },
  {
    id: 'failed-append-is-success',
    breaks: ['I-01', 'I-03'],
    what: 'an append that was not answered counts as done',
    file: 'libs/event-store/src/command-handler.ts',
    search: 'if (isLast || !isWorthAnotherTry(outcome.error, policy)) throw outcome.error;',
    replacement: `if (!isWorthAnotherTry(outcome.error, policy)) return { kind: 'not-due', instance: found };
      if (isLast) throw outcome.error;`,
    test: {
      spec: 'libs/event-store/src/command-handler.unit.spec.ts',
      name: 'says that an outcome is unknown if it may not look for itself',
    },
  },
  {
    id: 'idempotency-key-ignored',
    breaks: ['I-02'],
    what: 'a repeated command is decided anew instead of answered from the stream',
    file: 'libs/event-store/src/stream-history.ts',
    search: 'if (then.events.at(-1)?.metadata.$causationId === commandId) return then;',
    replacement: 'if (then.events.at(-1)?.metadata.$causationId === stream) return then;',
    test: {
      spec: 'apps/command-api/src/commands/command-service.unit.spec.ts',
      name: 'answers a repeated key from the stream, whatever happened since',
    },
  },
  {
    id: 'key-stands-for-any-command',
    breaks: ['I-02'],
    what: 'a key that was used for other content is answered with the result of that',
    file: 'apps/command-api/src/commands/idempotency.ts',
    search: 'own.metadata.commandFingerprint === fingerprint) return own;',
    replacement: "own.metadata.commandFingerprint !== '') return own;",
    test: {
      spec: 'apps/command-api/src/commands/command-service.unit.spec.ts',
      name: 'refuses the key of a note for other content',
    },
  },
  {
    id: 'no-note-of-a-command-in-force',
    breaks: ['I-02'],
    what: 'a command whose effect holds leaves no note, so that its key is decided anew later',
    file: 'apps/command-api/src/commands/idempotency.ts',
    search: 'if (caller.isKeyless === true) return [];',
    replacement: 'if (!caller.isKeyless) return [];',
    test: {
      spec: 'apps/command-api/src/commands/command-service.unit.spec.ts',
      name: 'answers from the present state when the effect holds already, and notes the key',
    },
  },
  {
    id: 'event-id-by-chance',
    breaks: ['I-02', 'I-13'],
    what: 'the id of an event is another one at each try',
    file: 'libs/event-store/src/event-id.ts',
    search: 'return uuid5(JSON.stringify([causationId, step, n]), NAMESPACE);',
    replacement:
      'return uuid5(JSON.stringify([causationId, step, n, process.hrtime.bigint().toString()]), NAMESPACE);',
    test: {
      spec: 'libs/event-store/src/event-id.unit.spec.ts',
      name: 'are the same for the same cause, step and number',
    },
  },
  {
    id: 'unknown-outcome-called-refusal',
    breaks: ['I-03'],
    what: 'a command whose outcome is not known is answered with a conflict',
    file: 'apps/command-api/src/commands/to-problem.ts',
    search: "return problem('event-store-unavailable', whatBecame(error));",
    replacement: "return problem('revision-conflict', whatBecame(error));",
    test: {
      spec: 'apps/command-api/src/commands/to-problem.unit.spec.ts',
      name: 'never calls an unknown outcome a refusal',
    },
  },
  {
    id: 'refusal-in-the-stream-of-the-instance',
    breaks: ['I-03'],
    what: 'a refusal is recorded in the stream of its instance',
    file: 'apps/command-api/src/commands/refusal-recorder.ts',
    search: 'stream: refusalStream(instanceId),',
    replacement: "stream: refusalStream(instanceId).replace('refusal-', 'instance-'),",
    test: {
      spec: 'apps/command-api/src/commands/refusal-recorder.unit.spec.ts',
      name: 'is kept beside the instance, with rule, command, status and person',
    },
  },
  {
    id: 'append-at-any-revision',
    breaks: ['I-04'],
    what: 'an append to EventStoreDB names no revision that must be the last',
    file: 'libs/event-store/src/esdb.appends.ts',
    search: `return revision < 0
    ? options.setNoStream(new Empty())
    : options.setStreamPosition(String(revision));`,
    replacement: 'return options.setAny(new Empty());',
    test: {
      spec: 'libs/event-store/src/esdb.appends.unit.spec.ts',
      name: 'name the revision that has to be the last, or that there is none',
    },
  },
  {
    id: 'first-append-without-a-revision',
    breaks: ['I-04'],
    what: 'the first append to a stream does not ask that there is none',
    file: 'libs/event-store/src/esdb.appends.ts',
    search: '? options.setNoStream(new Empty())',
    replacement: '? options.setAny(new Empty())',
    test: {
      spec: 'libs/event-store/src/esdb.appends.unit.spec.ts',
      name: 'name the revision that has to be the last, or that there is none',
    },
  },
  {
    id: 'expected-revision-dropped',
    breaks: ['I-04'],
    what: 'a command is appended behind whatever is the last event by then',
    file: 'libs/event-store/src/command-handler.ts',
    search: 'await this.history.appendTo(stream, instance, events, cause);',
    replacement: `await this.history
        .append(stream, instance.head, events, cause)
        .catch(async () =>
          this.history.append(stream, (await this.history.load(stream)).head, events, cause),
        );`,
    test: {
      spec: 'libs/event-store/src/command-handler.unit.spec.ts',
      name: 'finds nothing to do when somebody else has done it',
    },
  },
  {
    id: 'conflict-without-a-new-decision',
    breaks: ['I-04'],
    what: 'after a conflict the command is decided on the old state again',
    file: 'libs/event-store/src/command-handler.ts',
    search: 'found = await this.load(change, policy, mayLandAfter);',
    replacement: 'found = policy.from ?? (await this.load(change, policy, mayLandAfter));',
    test: {
      spec: 'libs/event-store/src/command-handler.unit.spec.ts',
      name: 'loads and decides again when somebody else was first',
    },
  },
  {
    id: 'illegal-step-is-applied',
    breaks: ['I-05'],
    what: 'an event that the lifecycle forbids is folded all the same',
    file: 'libs/domain/src/instance/instance.evolve.ts',
    search: 'if (!isLegalIn(state.status, event.type)) throw',
    replacement: 'if (!isLegalIn(state.status, event.type) && isInFlight(state.status)) throw',
    test: {
      spec: 'libs/domain/src/instance/instance.evolve.unit.spec.ts',
      name: 'does not follow a removal',
    },
  },
  {
    id: 'second-upgrade-in-flight',
    breaks: ['I-05', 'I-13'],
    what: 'the lifecycle lets an upgrade begin while another is in flight',
    file: 'libs/domain/src/instance/instance.lifecycle.ts',
    search: "from: [...RUNNING, 'upgrade-failed', 'post-upgrade-failed'],",
    replacement: "from: [...RUNNING, 'upgrade-failed', 'post-upgrade-failed', 'upgrade-running'],",
    test: {
      spec: 'libs/domain/src/instance/instance.lifecycle.unit.spec.ts',
      name: 'lets an upgrade be requested while none is in flight, of an app that is deployed',
    },
  },
  {
    id: 'append-to-a-stream-of-the-store',
    breaks: ['I-06'],
    what: 'the metadata of a stream, which can cut or delete it, may be written',
    file: 'libs/event-store/src/hash-chain.ts',
    search: "if (stream === '' || stream.startsWith('$')) throw",
    replacement: "if (stream === '') throw",
    test: {
      spec: 'test/contract/event-store/in-memory.event-store.unit.spec.ts',
      name: 'at once, and says why',
    },
  },
  {
    id: 'oversize-event-accepted',
    breaks: ['I-12'],
    what: 'an event over 256 KiB is stored',
    file: 'libs/event-store/src/hash-chain.ts',
    search: 'if (bytes > MAX_EVENT_BYTES) throw',
    replacement: 'if (bytes > 2 * MAX_EVENT_BYTES) throw',
    test: {
      spec: 'test/contract/event-store/in-memory.event-store.unit.spec.ts',
      name: 'accepts the largest event and refuses one byte more, with nothing of its append stored',
    },
  },
];
