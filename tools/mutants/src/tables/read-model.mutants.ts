import type { Mutant } from '../mutant';

const PROJECTOR = 'apps/projector/src';
const FOLD = `${PROJECTOR}/projection/read-model-fold.unit.spec.ts`;
const WRITER = `${PROJECTOR}/projection/read-model-writer.unit.spec.ts`;
const DATABASE = 'test/contract/projector/read-model.int.spec.ts';
const CHAIN = 'libs/event-store/src/hash-chain.unit.spec.ts';
const AUDIT = 'apps/cli/src/audit/history-audit.unit.spec.ts';
const GOLDEN = 'test/contract/events/golden-events.unit.spec.ts';
const SCHEMAS = 'test/contract/events/event-schemas.unit.spec.ts';

/** The read model, versions of events, and the proof of histories. */
export const READ_MODEL_MUTANTS: readonly Mutant[] = [
  {
    id: 'checkpoint-first',
    breaks: ['I-27'],
    what: 'the checkpoint is committed before the rows that belong to it',
    file: `${PROJECTOR}/projection/read-model-writer.ts`,
    search: 'const checkpoint = await this.readModel.commit(from, { ...changes, ...seen });',
    replacement: `const rows = ['instances', 'upgrades', 'timeline', 'switches', 'findings'];
    const none = Object.fromEntries(rows.map((name) => [name, []]));
    const first = await this.readModel.commit(from, { ...changes, ...seen, ...none });
    const checkpoint = first && (await this.readModel.commit(first, { ...changes, ...seen }));`,
    test: { spec: WRITER, name: 'moves the checkpoint with the rows, or neither' },
  },
  {
    id: 'rows-outside-the-transaction',
    breaks: ['I-27', 'I-36'],
    what: 'PostgreSQL gets the rows of a batch outside the transaction of its checkpoint',
    file: `${PROJECTOR}/read-model/postgres.read-model.ts`,
    search: 'const advanced = await this.advanceCheckpoint(transaction, from, changes);',
    replacement: 'const advanced = await this.advanceCheckpoint(this.connections, from, changes);',
    test: {
      spec: DATABASE,
      name: 'refuses a second row for an entry of a timeline, and all that came with it',
    },
  },
  {
    id: 'checkpoint-taken-from-anywhere',
    breaks: ['I-27'],
    what: 'a projector writes although another one has moved the checkpoint',
    file: `${PROJECTOR}/read-model/postgres.read-model.ts`,
    search: 'and position is not distinct from ${position?.toString() ?? null}::bigint`;',
    replacement:
      'and (position is null or ${position?.toString() ?? null}::bigint is not null or true)`;',
    test: { spec: DATABASE, name: 'lets one of two writers win' },
  },
  {
    id: 'revision-not-checked',
    breaks: ['I-27'],
    what: 'an event is folded into a row that lacks the one before it',
    file: `${PROJECTOR}/projection/read-model-fold.ts`,
    search: 'if (revision === expected) return;',
    replacement: 'if (revision >= 0) return;',
    test: {
      spec: FOLD,
      name: 'an event that is repeated does not fit the rows, and stops the fold before it',
    },
  },
  {
    id: 'fold-that-throws-is-skipped',
    breaks: ['I-28'],
    what: 'an event at which the projection fails is left out',
    file: `${PROJECTOR}/projection/read-model-fold.ts`,
    search: 'return new ProjectionHaltedError(errorMessage(cause), event.stored, { cause });',
    replacement: 'void cause;',
    test: {
      spec: FOLD,
      name: 'a fold that throws is a reason to stop, and leaves no half of the event behind',
    },
  },
  {
    id: 'unreadable-event-not-marked',
    breaks: ['I-28'],
    what: 'the row of an instance whose event cannot be read does not say so',
    file: `${PROJECTOR}/projection/read-model-fold.ts`,
    search: 'this.instances.set(instanceId, unreadableInstanceView(before, instanceId, history));',
    replacement: 'if (before) this.instances.set(instanceId, before);',
    test: { spec: FOLD, name: 'may be the first of all: the row says that nothing is known' },
  },
  {
    id: 'min-position-ignored',
    breaks: ['I-29'],
    what: 'a query is answered at once, whatever position it asks for',
    file: `${PROJECTOR}/queries/snapshot-reader.ts`,
    search: 'if (minPosition !== undefined) await this.waitFor(BigInt(minPosition));',
    replacement: 'if (minPosition === undefined) await this.waitFor(0n);',
    test: {
      spec: `${PROJECTOR}/queries/snapshot-reader.unit.spec.ts`,
      name: 'a query that names a position is not answered before it is reached',
    },
  },
  {
    id: 'position-reached-too-early',
    breaks: ['I-29'],
    what: 'a position counts as reached when anything was read',
    file: `${PROJECTOR}/projection/projection-progress.ts`,
    search: 'return position === null || (seenUpTo !== null && seenUpTo >= position);',
    replacement: 'return position === null || seenUpTo !== null;',
    test: {
      spec: `${PROJECTOR}/projection/projection-progress.unit.spec.ts`,
      name: 'who waits for a position is woken when it is reached, not before',
    },
  },
  {
    id: 'newer-version-guessed-at',
    breaks: ['I-30'],
    what: 'an event of a newer version is read as one of this version',
    file: 'libs/contracts/src/recorded-event.ts',
    search: 'version < 1 || version > eventVersion(category, type)',
    replacement: 'version < 1',
    test: { spec: SCHEMAS, name: 'is refused by its version' },
  },
  {
    id: 'misfit-event-read',
    breaks: ['I-30', 'I-28'],
    what: 'an event whose data does not fit its schema is read all the same',
    file: 'libs/contracts/src/recorded-event.ts',
    search: 'if (problem !== null) throw new InvalidEventError(stored, problem);',
    replacement: 'void problem;',
    test: { spec: SCHEMAS, name: 'is named with its place and the member that is wrong' },
  },
  {
    id: 'old-event-refused',
    breaks: ['I-30'],
    what: 'a schema asks for a member that events written before do not have',
    file: 'libs/contracts/src/events/work-order.schema.ts',
    search: '      originStatus: healthyStatus,\n    },\n    {',
    replacement: '      originStatus: healthyStatus,\n      ...{ priority },\n    },\n    {',
    test: { spec: GOLDEN, name: 'is read, and fits its schema' },
  },
  {
    id: 'hash-not-chained',
    breaks: ['I-31'],
    what: 'the hash of an event does not cover the one before it',
    file: 'libs/event-store/src/hash-chain.ts',
    search: '`"previousHash":${JSON.stringify(previousHash)},"revision":${event.revision},` +',
    replacement: '`"previousHash":"${previousHash.slice(64)}","revision":${event.revision},` +',
    test: { spec: CHAIN, name: 'is broken after an edited event whose own hash was made anew' },
  },
  {
    id: 'hash-without-the-content',
    breaks: ['I-31'],
    what: 'the hash of an event does not cover its data',
    file: 'libs/event-store/src/hash-chain.ts',
    search: '`{"data":${data},"id":',
    replacement: '`{"data":${data.length},"id":',
    test: { spec: CHAIN, name: 'never changes between releases' },
  },
  {
    id: 'hash-without-the-stream',
    breaks: ['I-31'],
    what: 'a whole stream can be put under another name',
    file: 'libs/event-store/src/hash-chain.ts',
    search: "if (event.stream !== stream) return 'foreign';",
    replacement: '',
    test: { spec: CHAIN, name: 'is broken by an event of another stream' },
  },
  {
    id: 'audit-without-the-chain',
    breaks: ['I-31'],
    what: '`audit verify` does not check the hash chain',
    file: 'apps/cli/src/audit/history-audit.ts',
    search:
      'const verdict = verifyChain([event], this.head);\n    if (verdict.valid) {\n      this.head = verdict.head;',
    replacement: `const verdict = verifyChain([event], this.head);
    if (verdict.valid || event.revision >= 0) {
      this.head = { revision: event.revision, hash: event.metadata.hash };`,
    test: { spec: AUDIT, name: 'names the revision whose content was changed' },
  },
  {
    id: 'audit-without-the-path',
    breaks: ['I-31', 'I-05'],
    what: '`audit verify` accepts a path that the lifecycle forbids',
    file: 'apps/cli/src/audit/history-audit.ts',
    search: 'this.state = evolve(this.state, recorded.event);',
    replacement:
      "if (recorded.event.type === 'InstanceRegistered') this.state = evolve(this.state, recorded.event);",
    test: { spec: AUDIT, name: 'refuses a chain whose hashes fit but whose path is illegal' },
  },
];
