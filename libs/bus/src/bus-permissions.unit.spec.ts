import { BUS_COMMAND_SUBJECTS, EVENTS_STREAM, QUERY_SUBJECTS } from '@uplift/contracts';
import {
  inboxPrefixOf,
  OPERATOR_USER,
  permissionsOf,
  permissionsOfTeam,
  SERVICE_USERS,
  STAGE_PROCESSES,
  stageUser,
  TeamServiceError,
  type TeamService,
} from './bus-permissions';
import { CONSUMERS } from './bus-topology';
import { allows } from './testing';

const rightsOf = (user: string) => permissionsOf(user)!;
const mayPublish = (user: string, subject: string) => allows(rightsOf(user).publish, subject);
const maySubscribe = (user: string, subject: string) => allows(rightsOf(user).subscribe, subject);

describe.each(SERVICE_USERS)('the user %s of the bus', (user) => {
  it.each(['STREAM.DELETE', 'STREAM.PURGE', 'STREAM.MSG.DELETE'])('has no %s', (call) => {
    expect(mayPublish(user, `$JS.API.${call}.${EVENTS_STREAM}`)).toBe(false);
  });

  it('reads its own answers, and those of nobody else', () => {
    const readable = [...SERVICE_USERS, OPERATOR_USER].filter((other) =>
      maySubscribe(user, `${inboxPrefixOf(other)}.x`),
    );
    expect(readable).toEqual([user]);
    expect(maySubscribe(user, '_INBOX.x')).toBe(false);
  });

  it('publishes events, and makes stream and consumers, if it is the relay alone', () => {
    const { durable, filterSubject } = CONSUMERS[0]!;
    const ofRelay = [
      'uplift.evt.v1.instance.upgrade-requested.x',
      `$JS.API.STREAM.CREATE.${EVENTS_STREAM}`,
      `$JS.API.STREAM.UPDATE.${EVENTS_STREAM}`,
      `$JS.API.CONSUMER.CREATE.${EVENTS_STREAM}.${durable}.${filterSubject}`,
    ];
    for (const subject of ofRelay) expect(mayPublish(user, subject)).toBe(user === 'relay');
  });

  it('reaches no other stream', () => {
    const { publish } = rightsOf(user);
    const ofJetStream = publish.filter((subject) => subject.startsWith('$JS.'));
    expect(ofJetStream.filter((subject) => !subject.includes(EVENTS_STREAM))).toEqual([]);
  });
});

it('lets a process take the messages of its stages, and of no other', () => {
  for (const { durable, stage } of CONSUMERS) {
    const takers = STAGE_PROCESSES.filter((user) =>
      mayPublish(user, `$JS.API.CONSUMER.MSG.NEXT.${EVENTS_STREAM}.${durable}`),
    );
    const answering = STAGE_PROCESSES.filter((user) =>
      mayPublish(user, `$JS.ACK.${EVENTS_STREAM}.${durable}.1.2.3.4.5`),
    );
    expect([durable, takers, answering]).toEqual([durable, [stage], [stage]]);
  }
});

it('has one user for each set of stages in one process, with the rights of all of them', () => {
  expect(stageUser(['upgrade', 'pre-upgrade'])).toBe('pre-upgrade_upgrade');
  expect(stageUser([...STAGE_PROCESSES])).toBe('stages');
  const both = rightsOf('pre-upgrade_upgrade').publish;
  const each = [...rightsOf('pre-upgrade').publish, ...rightsOf('upgrade').publish];
  expect(new Set(both)).toEqual(new Set(each));
});

it.each(['', 'nobody', 'toString', 'upgrade_pre-upgrade', 'upgrade_nobody', '_'])(
  'knows no user %j',
  (name) => {
    expect(permissionsOf(name)).toBeUndefined();
  },
);

it('lets the command API serve every command, and the projector every query', () => {
  for (const subject of Object.values(BUS_COMMAND_SUBJECTS)) {
    expect(maySubscribe('command-api', subject)).toBe(true);
    expect(maySubscribe('projector', subject)).toBe(false);
  }
  for (const subject of Object.values(QUERY_SUBJECTS)) {
    expect(maySubscribe('projector', subject)).toBe(true);
    expect(mayPublish('command-api', subject)).toBe(true);
  }
});

it('lets webhooks follow the stream, and the command API alone ask them', () => {
  const next = `$JS.API.CONSUMER.MSG.NEXT.${EVENTS_STREAM}.webhooks`;
  const request = 'uplift.hook.v1.create';
  const mayDo = (user: string) => [
    ...[mayPublish(user, next), mayPublish(user, request), maySubscribe(user, request)],
  ];
  const others = SERVICE_USERS.filter((user) => !['webhooks', 'command-api'].includes(user));
  expect(mayDo('webhooks')).toEqual([true, false, true]);
  expect(mayDo('command-api')).toEqual([false, true, false]);
  for (const user of others) expect(mayDo(user)).toEqual([false, false, false]);
});

it("gives a team's service what it was given, and its durable", () => {
  const team = permissionsOfTeam({
    name: 'billing',
    commands: [BUS_COMMAND_SUBJECTS.triggerUpgrade],
    events: ['uplift.evt.v1.instance.>'],
    durable: 'billing',
  });
  expect(team).toEqual({
    publish: [
      'uplift.cmd.v1.upgrade.trigger',
      '$JS.API.CONSUMER.INFO.UPLIFT_EVENTS.billing',
      '$JS.API.CONSUMER.MSG.NEXT.UPLIFT_EVENTS.billing',
      '$JS.ACK.UPLIFT_EVENTS.billing.>',
      '$JS.ACK.*.*.UPLIFT_EVENTS.billing.>',
    ],
    subscribe: ['uplift.evt.v1.instance.>', '_INBOX_billing.>'],
    answers: false,
  });
});

it.each<[string, Partial<TeamService>, RegExp]>([
  ['a name of ours', { name: 'relay' }, /"relay": a service of Uplift has this name/],
  ['the name of a process of ours', { name: 'pre-upgrade_upgrade' }, /has this name/],
  ['the name of our operator', { name: OPERATOR_USER }, /has this name/],
  ['a name that is no token', { name: 'a.b' }, /a name has/],
  ['a name with a wildcard', { name: '>' }, /a name has/],
  ['a name of two lines', { name: 'a\nb' }, /^"a\\nb": a name has/],
  ['a name that is a path', { name: '../relay' }, /a name has/],
  ['a name that differs from ours in its letters alone', { name: 'Relay' }, /a name has/],
  ['no name', { name: '' }, /a name has/],
  ['every subject as a command', { commands: ['>'] }, /">" is no command; there are uplift\.cmd/],
  ['every command', { commands: ['uplift.cmd.v1.>'] }, /is no command/],
  ['an event as a command', { commands: ['uplift.evt.v1.instance.x.y'] }, /is no command/],
  ['a command as a query', { queries: [BUS_COMMAND_SUBJECTS.triggerUpgrade] }, /is no query/],
  ['a call of the server as a query', { queries: ['$JS.API.STREAM.INFO.X'] }, /is no query/],
  ['every subject as events', { events: ['>'] }, /">" is no subject of events/],
  ['all of Uplift as events', { events: ['uplift.>'] }, /is no subject of events/],
  ['commands as events', { events: ['uplift.cmd.v1.>'] }, /is no subject of events/],
  ['what only begins as events', { events: ['uplift.evt.v1x.y'] }, /is no subject of events/],
  ['events in a queue', { events: ['uplift.evt.v1.> all'] }, /is no subject of events/],
  ['our durable', { durable: 'upgrade' }, /the durable upgrade is one of Uplift/],
  ['that of webhooks', { durable: 'webhooks' }, /the durable webhooks is one of Uplift/],
  ['every durable', { durable: '*' }, /the name of a durable has/],
  ['no durable', { durable: '' }, /the name of a durable has/],
])('refuses a team %s', (_what, wanted, words) => {
  const give = () => permissionsOfTeam({ name: 'billing', ...wanted });
  expect(give).toThrow(TeamServiceError);
  expect(give).toThrow(words);
});

it('lets a team have all events, those of one instance, or of one kind', () => {
  const events = [
    'uplift.evt.v1.>',
    'uplift.evt.v1.instance.*.0b0e6b1e-6d0e-4d0b-8a3e-0f6f7e1d2c3b',
    'uplift.evt.v1.instance.upgrade-failed.*',
  ];
  expect(permissionsOfTeam({ name: 'billing', events }).subscribe).toEqual([
    ...events,
    '_INBOX_billing.>',
  ]);
});
