import { COMMAND_SUBJECTS, EVENTS_STREAM, QUERY_SUBJECTS } from '@uplift/contracts';
import {
  inboxPrefixOf,
  OPERATOR_USER,
  permissionsOf,
  permissionsOfTeam,
  SERVICE_USERS,
  STAGE_PROCESSES,
  stageUser,
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
  for (const subject of Object.values(COMMAND_SUBJECTS)) {
    expect(maySubscribe('command-api', subject)).toBe(true);
    expect(maySubscribe('projector', subject)).toBe(false);
  }
  for (const subject of Object.values(QUERY_SUBJECTS)) {
    expect(maySubscribe('projector', subject)).toBe(true);
    expect(mayPublish('command-api', subject)).toBe(true);
  }
});

it("gives a team's service what it was given, and its durable", () => {
  const team = permissionsOfTeam({
    name: 'billing',
    commands: [COMMAND_SUBJECTS.triggerUpgrade],
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
