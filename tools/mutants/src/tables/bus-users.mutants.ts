import type { Mutant } from '../mutant';

const RIGHTS = 'libs/bus/src/bus-permissions.unit.spec.ts';

/** Who may do what on the bus. */
export const BUS_USERS_MUTANTS: readonly Mutant[] = [
  {
    id: 'every-stage-takes-all-messages',
    breaks: ['S-13'],
    what: 'a stage may take the messages of the other stages',
    file: 'libs/bus/src/bus-permissions.ts',
    search: 'const consumers = CONSUMERS.filter(({ stage }) => stages.includes(stage));',
    replacement: 'const consumers = CONSUMERS;',
    test: {
      spec: RIGHTS,
      name: 'lets a process take the messages of its stages, and of no other',
    },
  },
  {
    id: 'one-inbox-for-all',
    breaks: ['S-13'],
    what: 'a user of the bus may read the answers of another',
    file: 'libs/bus/src/bus-permissions.ts',
    search: 'return `_INBOX_${user}`;',
    replacement: 'return `_INBOX`;',
    test: { spec: RIGHTS, name: 'reads its own answers, and those of nobody else' },
  },
  {
    id: 'no-right-is-every-right',
    breaks: ['S-13'],
    what: 'who may publish nothing gets an empty list, which a server takes for everything',
    file: 'libs/bus/src/bus-accounts.ts',
    search: 'publish.length === 0 ? \'{ deny: ">" }\' : listOf(publish)',
    replacement: 'listOf(publish)',
    test: {
      spec: 'libs/bus/src/bus-accounts.unit.spec.ts',
      name: 'denies who may publish nothing everything',
    },
  },
  {
    id: 'answer-as-an-event',
    breaks: ['S-13'],
    what: 'who sends a command has its answer published as an event, with the rights of the service',
    file: 'libs/bus/src/nats.messages.ts',
    search: "const NOT_FOR_ANSWERS = ['$', 'uplift.'];",
    replacement: 'const NOT_FOR_ANSWERS: string[] = [];',
    test: {
      spec: 'libs/bus/src/nats.messages.unit.spec.ts',
      name: 'never goes to',
    },
  },
  {
    id: 'command-out-of-a-stream',
    breaks: ['S-13'],
    what: 'who may set up the stream has it send commands, of which the server asks nobody for the right',
    file: 'libs/bus/src/nats.messages.ts',
    search: 'if (isFromStream(message.headers)) {',
    replacement: 'if (isFromStream(undefined)) {',
    test: {
      spec: 'libs/bus/src/nats.messages.unit.spec.ts',
      name: 'is not served where a stream has',
    },
  },
  {
    id: 'stream-that-sends-on',
    breaks: ['S-13'],
    what: 'the relay leaves the stream as it is where somebody has it send messages to other subjects',
    file: 'libs/bus/src/bus-topology.ts',
    search: '  republish: undefined,\n',
    replacement: '',
    test: {
      spec: 'libs/bus/src/bus-topology.unit.spec.ts',
      name: 'has nothing sent on, taken in or kept otherwise by',
    },
  },
  {
    id: 'denied-answer-is-a-missing-right',
    breaks: ['S-13'],
    what: 'who sends two requests with one reply subject makes the service that answers them unready',
    file: 'libs/bus/src/denials.ts',
    search: 'if (isAnswer(denied)) return this.countAnswer();',
    replacement: 'if (isAnswer(denied)) this.countAnswer();',
    test: {
      spec: 'libs/bus/src/denials.unit.spec.ts',
      name: 'is no missing right where it was an answer',
    },
  },
];
