import type { Mutant } from '../mutant';

const STORE = 'libs/event-store/src';
const USERS = `${STORE}/store-rights.unit.spec.ts`;
const RIGHTS = `${STORE}/administration/stream-rights.unit.spec.ts`;
const WATCH = `${STORE}/rights-watch.unit.spec.ts`;

/** Who may do what in the store, and what a service does that lacks a right. */
export const STORE_RIGHTS_MUTANTS: readonly Mutant[] = [
  {
    id: 'relay-may-append',
    breaks: ['S-14', 'I-06'],
    what: 'who only reads may write events',
    file: `${STORE}/store-rights.ts`,
    search: 'relay: READER,\n  projector: READER,\n  auditor',
    replacement: 'relay: WRITER,\n  projector: READER,\n  auditor',
    test: { spec: USERS, name: 'have no right to append' },
  },
  {
    id: 'writers-may-delete',
    breaks: ['S-14', 'I-06'],
    what: 'who may append may delete streams',
    file: `${STORE}/store-rights.ts`,
    search: "'delete a stream': null",
    replacement: "'delete a stream': 'append'",
    test: { spec: USERS, name: 'have nothing that is for administrators' },
  },
  {
    id: 'everybody-keeps-rights',
    breaks: ['S-14', 'I-06'],
    what: 'after the setup every user of the store still may what every user could before',
    file: `${STORE}/administration/stream-rights.ts`,
    search: 'new Set([EVERYBODY, ADMINISTRATORS,',
    replacement: 'new Set([ADMINISTRATORS,',
    test: { spec: RIGHTS, name: 'take from everybody' },
  },
  {
    id: 'setup-takes-rights-of-others',
    breaks: ['S-14'],
    what: 'the setup takes from other programs what they were given',
    file: `${STORE}/administration/stream-rights.ts`,
    search: 'filter((role) => !known.has(role))',
    replacement: 'filter(() => false)',
    test: { spec: RIGHTS, name: 'leave others what they have by name' },
  },
  {
    id: 'starts-without-rights',
    breaks: ['S-14'],
    what: 'a service that lacks a right starts, and says nothing of it',
    file: `${STORE}/rights-watch.ts`,
    search: 'if (answers.includes(false) && reason !== undefined) {',
    replacement: 'if (answers.includes(false) && reason === null) {',
    test: { spec: WATCH, name: 'ends a process that starts without them' },
  },
  {
    id: 'ends-when-a-right-is-taken',
    breaks: ['S-14'],
    what: 'a service ends when a right is taken away while it works',
    file: `${STORE}/rights-watch.ts`,
    search: 'if (!this.hasBegun) this.begin(answers);',
    replacement: 'this.begin(answers);',
    test: { spec: WATCH, name: 'tells of a right that is taken away later' },
  },
  {
    id: 'one-stream-makes-unready',
    breaks: ['S-14'],
    what: 'a service that one stream alone refuses is not ready',
    file: `${STORE}/rights-watch.ts`,
    search: 'this.isInDoubt = true;',
    replacement: 'this.missing.set(error.right, error);',
    test: { spec: WATCH, name: 'keeps a service ready that is refused on one stream alone' },
  },
  {
    id: 'leaked-password-enabled',
    breaks: ['S-14'],
    what: 'the setup enables a user that somebody has disabled, with the password that has leaked',
    file: `${STORE}/administration/store-setup.ts`,
    search: 'if (!isDisabled || this.isRotated(name)) return;',
    replacement: "if (!isDisabled || name !== '') return;",
    test: {
      spec: 'test/contract/event-store/store-setup.int.spec.ts',
      name: 'enables none that somebody has disabled with the password that it had',
    },
  },
  {
    id: 'refusals-loop-hot',
    breaks: ['S-14', 'I-34'],
    what: 'who is refused and asks again at once asks the store all the time',
    file: `${STORE}/esdb.connection.ts`,
    search: 'if (backoff) await this.clock.pause(backoff.next());',
    replacement: 'if (backoff) await this.clock.pause(0);',
    test: {
      spec: `${STORE}/esdb.connection.unit.spec.ts`,
      name: 'is told at once the first time, and after a pause',
    },
  },
  {
    id: 'granted-after-a-restart',
    breaks: ['S-14'],
    what: 'what is granted counts only after a restart: the denied stream of appends is kept',
    file: `${STORE}/esdb.appends.ts`,
    search: 'if (refusal instanceof AccessDeniedError) this.leave();',
    replacement: '',
    test: {
      spec: `${STORE}/esdb.appends.unit.spec.ts`,
      name: 'that are denied leave their stream',
    },
  },
  {
    id: 'passwords-for-all',
    breaks: ['S-14', 'S-10'],
    what: 'every account of the machine may read the passwords of the store',
    file: 'apps/cli/src/store/password-folder.ts',
    search: 'const FOR_ITS_OWNER = 0o600;',
    replacement: 'const FOR_ITS_OWNER = 0o644;',
    test: {
      spec: 'apps/cli/src/store/password-folder.unit.spec.ts',
      name: 'makes one for its owner alone',
    },
  },
];
