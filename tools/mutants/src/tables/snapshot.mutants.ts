import type { Mutant } from '../mutant';

const HISTORY = 'libs/event-store/src/instance-history.ts';
const SNAPSHOTS = 'libs/event-store/src/instance-snapshots.ts';
const MEMORY = 'libs/event-store/src/stream-memory.ts';
const SPEC = 'libs/event-store/src/instance-history.unit.spec.ts';
const HANDLER = 'libs/event-store/src/command-handler.ts';
const UNREAD = 'apps/command-api/src/commands/unread-commands.unit.spec.ts';
const ENVIRONMENTS = 'apps/command-api/src/commands/environments.unit.spec.ts';
const SAME = 'apps/command-api/src/commands/snapshots.properties.unit.spec.ts';

/** Snapshots in the streams of instances. */
export const SNAPSHOT_MUTANTS: readonly Mutant[] = [
  {
    id: 'snapshot-ahead-of-a-registration',
    breaks: ['I-13'],
    what: 'a registration stands behind the revision that its environment was reserved for',
    file: HISTORY,
    search: "!events.some(({ data }) => 'environmentId' in data)",
    replacement: "!events.some(({ data }) => 'snapshot' in data)",
    test: { spec: ENVIRONMENTS, name: 'keeps its environment, and frees it' },
  },
  {
    id: 'snapshot-of-another-place',
    breaks: ['I-31', 'I-05'],
    what: 'a snapshot is believed whether or not it follows from the event before it',
    file: SNAPSHOTS,
    search: 'state === null || !hasOwnHash(hashBefore, stored)',
    replacement: 'state === null',
    test: {
      spec: SPEC,
      name: 'passes over a snapshot that does not follow from the event before it',
    },
  },
  {
    id: 'snapshot-of-another-fold',
    breaks: ['I-30'],
    what: 'a snapshot of another fold version is taken for one of this',
    file: 'libs/contracts/src/recorded-event.ts',
    search: 'if (foldVersion !== FOLD_VERSION) return null;',
    replacement: 'if (foldVersion < FOLD_VERSION) return null;',
    test: { spec: SPEC, name: 'of another fold' },
  },
  {
    id: 'command-of-a-full-page-forgotten',
    breaks: ['I-02'],
    what: 'a key is looked for on the newest page of commands alone',
    file: HISTORY,
    search: 'for (const revision of earlier.toReversed()) {',
    replacement: 'for (const revision of earlier.slice(0, 0)) {',
    test: {
      spec: SPEC,
      name: 'is found with what the instance was after it, however many came since',
    },
  },
  {
    id: 'read-from-a-page',
    breaks: ['I-02'],
    what: 'a reading begins at a page of commands behind which others are still to be listed',
    file: SNAPSHOTS,
    search: '...said, state: {}, commands: { ...page, closed: true }',
    replacement: '...said, state, commands: { ...page, closed: true }',
    test: {
      spec: 'libs/event-store/src/instance-snapshots.unit.spec.ts',
      name: 'are all found, after each append',
    },
  },
  {
    id: 'notes-counted-anew',
    breaks: ['I-35'],
    what: 'commands that change nothing are counted from the newest snapshot on',
    file: MEMORY,
    search: `    notesInARow,
    registration,`,
    replacement: `    notesInARow: 0 * notesInARow,
    registration,`,
    test: { spec: SAME, name: 'commands that change nothing are counted across snapshots' },
  },
  {
    id: 'first-of-commands-that-look-alike',
    breaks: ['I-02'],
    what: 'the first event of a command stands for it, where it left several',
    file: 'libs/event-store/src/stream-history.ts',
    search: 'yield* placesOf(commandId, page);',
    replacement: 'yield* placesOf(commandId, page).toReversed();',
    test: { spec: SPEC, name: 'is found by its last event' },
  },
  {
    id: 'false-snapshot-passed-over',
    breaks: ['I-05'],
    what: 'the auditor takes the state in a snapshot for what the events before it come to',
    file: SNAPSHOTS,
    search: 'return { state, commands, registration, notesInARow }',
    replacement: 'return { commands, registration, notesInARow }',
    test: { spec: SPEC, name: 'its state' },
  },
  {
    id: 'refused-unread',
    breaks: ['I-03'],
    what: 'a command is refused by what a process knows, without a read',
    file: HANDLER,
    search: 'this.decideUnread(change, policy, known).catch(() => undefined);',
    replacement: 'this.decideUnread(change, policy, known);',
    test: { spec: UNREAD, name: 'refuses nobody' },
  },
  {
    id: 'held-already-unread',
    breaks: ['I-01'],
    what: 'a command is told that its effect is in place, by what a process knows',
    file: HANDLER,
    search: 'known.state).length === 0) return undefined;',
    replacement: 'known.state).length < 0) return undefined;',
    test: { spec: UNREAD, name: 'is not taken for an effect that is in place' },
  },
  {
    id: 'unread-on-another-store',
    breaks: ['I-31', 'I-11'],
    what: 'an append is tried without a read on a store that may have been put back',
    file: HISTORY,
    search: 'this.known?.doubtAll();',
    replacement: 'this.known?.newest(String(interruptions));',
    test: { spec: UNREAD, name: 'behind a broken connection' },
  },
  {
    id: 'known-from-before-the-break',
    breaks: ['I-31', 'I-11'],
    what: 'what was asked for before the connection to the store broke is known behind it',
    file: HISTORY,
    search: 'loaded.head.revision >= 0 && isUnbroken()',
    replacement: 'loaded.head.revision >= 0',
    test: { spec: UNREAD, name: 'which somebody else has noticed' },
  },
  {
    id: 'events-before-a-snapshot-unread',
    breaks: ['I-16'],
    what: 'what stands before a snapshot counts as not there when a worker looks for it',
    file: 'libs/event-store/src/instance-history.ts',
    search: 'yield* this.streams.before(instanceStream(instanceId), oldest);',
    replacement: 'if (oldest < 0) yield* this.streams.before(instanceStream(instanceId), oldest);',
    test: {
      spec: 'apps/stage-workers/src/stages/resolution/resolution.stage.unit.spec.ts',
      name: 'is held against a call that stands before a snapshot',
    },
  },
  {
    id: 'end-from-before-the-break',
    breaks: ['I-31'],
    what: 'an append builds on what was asked for before the store was put back',
    file: 'libs/event-store/src/verified.event-store.ts',
    search: 'if (era !== this.era) return;',
    replacement: '',
    test: {
      spec: 'libs/event-store/src/verified.event-store.unit.spec.ts',
      name: 'is refused, however late the answer',
    },
  },
  {
    id: 'verified-before-the-bus',
    breaks: ['I-31'],
    what: 'an append is held against the event that it builds on before it waits for the comparison with the bus',
    file: 'libs/event-store/src/guarded.event-store.ts',
    search: 'new GuardedEventStore(new VerifiedEventStore(store, ends, clock), watch)',
    replacement: 'new VerifiedEventStore(new GuardedEventStore(store, watch), ends, clock)',
    test: {
      spec: 'libs/event-store/src/verified.event-store.unit.spec.ts',
      name: 'put back while the append waits for the comparison with the bus',
    },
  },
];
