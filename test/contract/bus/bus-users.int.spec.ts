import {
  connectBus,
  CONSUMERS,
  inboxPrefixOf,
  permissionsOfTeam,
  SERVICE_USERS,
  type IncomingRequest,
  type NatsBusConnection,
} from '@uplift/bus';
import { allows } from '@uplift/bus/testing';
import {
  COMMAND_ALIASES,
  BUS_COMMAND_SUBJECTS,
  COMMAND_SUBJECTS,
  EVENTS_STREAM,
  HEARTBEAT_SUBJECT,
  QUERY_SUBJECTS,
} from '@uplift/contracts';
import { createInbox, Events, headers, MsgHdrsImpl, type NatsConnection } from 'nats';
import { setImmediate } from 'node:timers/promises';
import { eventually } from '../../support/eventually';
import { GuardedServer } from './guarded-server';
import { isBefore210 } from './server-release';

const TEAM = permissionsOfTeam({
  name: 'billing',
  commands: [COMMAND_SUBJECTS.triggerUpgrade],
  queries: [QUERY_SUBJECTS.upgradeGet],
  events: ['uplift.evt.v1.instance.>'],
  durable: 'billing',
});
const USERS = [...SERVICE_USERS, 'billing'];
const DURABLES = [...CONSUMERS.map(({ durable }) => durable), 'billing'];

/** Every call of JetStream, also those that nobody of ours makes. */
const STREAM_CALLS = [
  ...['INFO', 'CREATE', 'UPDATE', 'DELETE', 'PURGE', 'MSG.GET', 'MSG.DELETE', 'SNAPSHOT'],
  ...['RESTORE', 'PEER.REMOVE', 'LEADER.STEPDOWN'],
];
const CONSUMER_CALLS = [
  ...['CREATE', 'DURABLE.CREATE', 'INFO', 'MSG.NEXT', 'DELETE', 'PAUSE', 'LEADER.STEPDOWN'],
];

const jetStream = [
  ...STREAM_CALLS.flatMap((call) => [EVENTS_STREAM, 'OTHER'].map((s) => `STREAM.${call}.${s}`)),
  ...CONSUMER_CALLS.flatMap((call) =>
    DURABLES.map((name) => `CONSUMER.${call}.${EVENTS_STREAM}.${name}`),
  ),
  ...CONSUMERS.map(
    ({ durable, filterSubject }) => `CONSUMER.CREATE.${EVENTS_STREAM}.${durable}.${filterSubject}`,
  ),
  `CONSUMER.CREATE.${EVENTS_STREAM}.upgrade.uplift.evt.v1.>`,
  ...['LIST', 'NAMES'].flatMap((call) => [`STREAM.${call}`, `CONSUMER.${call}.${EVENTS_STREAM}`]),
  ...[`CONSUMER.CREATE.${EVENTS_STREAM}`, `DIRECT.GET.${EVENTS_STREAM}`, 'INFO'],
].map((call) => `$JS.API.${call}`);

const CONCRETE = [
  ...jetStream,
  ...DURABLES.map((durable) => `$JS.ACK.${EVENTS_STREAM}.${durable}.1.2.3.4.5`),
  ...['$JS.ACK.OTHER.upgrade.1.2.3.4.5', '$SYS.REQ.SERVER.PING', '$SRV.PING', '$SRV.PING.x.y'],
  ...[...Object.values(BUS_COMMAND_SUBJECTS), ...Object.keys(COMMAND_ALIASES)],
  ...[...Object.values(QUERY_SUBJECTS), HEARTBEAT_SUBJECT, 'uplift.evt.v1.rollout.x.y'],
  ...CONSUMERS.map(({ filterSubject }) => filterSubject.replace('*', 'x')),
  ...[...USERS, 'operator'].map((user) => `${inboxPrefixOf(user)}.x.y`),
  ...['_INBOX.x', 'anything.else'],
];
const WILD = [
  ...['>', '*', '*.>', 'uplift.>', 'uplift.evt.v1.>', 'uplift.cmd.v1.>', 'uplift.qry.v1.>'],
  ...['$JS.>', '$JS.API.>', '$JS.ACK.>', '$JS.EVENT.ADVISORY.>', '$SRV.>', '_INBOX.>'],
  ...['uplift.evt.v1.instance.>', ...[...USERS, 'operator'].map((user) => `_INBOX_${user}.>`)],
];

/** The client tells what the server has said a turn later. */
async function flushed(nats: NatsConnection): Promise<void> {
  await nats.flush();
  await setImmediate();
}

const WHOLE_HEADERS = headers();
WHOLE_HEADERS.set('Idempotency-Key', 'k-1');

/** What a server adds to them begins in the last of their lines, in place of its end. */
class OpenHeaders extends MsgHdrsImpl {
  override encode(): Uint8Array {
    return Buffer.from('NATS/1.0\r\nIdempotency-Key: k-1\r\nX: ..');
  }
}

describe('the users of a bus', () => {
  let server: GuardedServer;
  let open: NatsBusConnection[];

  beforeAll(async () => {
    server = await GuardedServer.start({ billing: TEAM });
  });

  afterAll(() => server.stop());

  beforeEach(() => {
    open = [];
  });

  afterEach(() => Promise.all(open.map((bus) => bus.close())));

  async function connect(user: string): Promise<NatsBusConnection> {
    const inboxPrefix = inboxPrefixOf(user);
    const bus = await connectBus({ ...server.accessOf(user), name: user, inboxPrefix });
    open.push(bus);
    return bus;
  }

  /** The subjects that the server denied, of those that something was done with. */
  async function denied(nats: NatsConnection, work: () => void): Promise<string[]> {
    const subjects: string[] = [];
    const read = async () => {
      for await (const { type, permissionContext } of nats.status()) {
        if (type === Events.Error && permissionContext) subjects.push(permissionContext.subject);
      }
    };
    void read();
    work();
    await flushed(nats);
    return subjects;
  }

  describe.each(USERS)('%s', (user) => {
    it('publishes what the table says, and nothing else', async () => {
      const { nats } = await connect(user);
      const { publish } = server.permissionsOf(user);
      const found = await denied(nats, () =>
        CONCRETE.forEach((subject) => nats.publish(subject, 'x')),
      );
      expect(found).toEqual(CONCRETE.filter((subject) => !allows(publish, subject)));
      expect(found.length).toBeLessThan(CONCRETE.length + (publish.length === 0 ? 1 : 0));
    });

    it('subscribes to what the table says, and to nothing else', async () => {
      const { nats } = await connect(user);
      const { subscribe } = server.permissionsOf(user);
      const subjects = [...CONCRETE, ...WILD];
      const callback = () => undefined;
      const found = await denied(nats, () =>
        subjects.forEach((subject) => nats.subscribe(subject, { callback })),
      );
      expect(found).toEqual(subjects.filter((subject) => !allows(subscribe, subject)));
      expect(found.length).toBeLessThan(subjects.length);
    });
  });

  it('know those who ask alone: a connection without a key gets none', async () => {
    const { servers } = server.accessOf('relay');
    await expect(connectBus({ servers, name: 'spec', tries: 1 })).rejects.toThrow(/Authorization/);
  });

  it('have all they need to make the topology, publish and take messages', async () => {
    const relay = await connect('relay');
    expect((await relay.ensureTopology()).faults).toEqual([]);
    expect((await relay.ensureTopology()).changes).toEqual([]);
    expect(relay.trouble).toBeUndefined();
    const worker = await connect('upgrade');
    expect(await worker.hasConsumer('upgrade')).toBe(true);
    expect(await worker.hasConsumer('post-upgrade')).toBe(false);
    await flushed(worker.nats);
    expect(worker.trouble).toContain('publish to $JS.API.CONSUMER.INFO.UPLIFT_EVENTS.post-upgrade');
  });

  describe('who answer', () => {
    const SUBJECT = COMMAND_SUBJECTS.triggerUpgrade;
    const ANSWER = { headers: {}, payload: Buffer.from('{}') };

    /** As the command API serves. */
    async function serve(onRequest: (request: IncomingRequest) => void) {
      const told: object[] = [];
      const api = await connectBus({
        ...{ ...server.accessOf('command-api'), name: 'api', inboxPrefix: '_INBOX_command-api' },
        onTrouble: (fields) => told.push(fields),
      });
      open.push(api);
      const endpoint = { name: 'trigger', subject: SUBJECT, metadata: {}, onRequest };
      const service = { name: 'uplift-command-api', version: '1.0.0', endpoints: [endpoint] };
      return { api, told, end: await api.serve(service) };
    }

    it('do so once for each request, and never unasked', async () => {
      const { nats: api } = await connect('command-api');
      const { nats: team } = await connect('billing');
      const replies: string[] = [];
      api.subscribe(SUBJECT, { callback: (_, { reply = '' }) => replies.push(reply) });
      await api.flush();
      const inbox = createInbox(inboxPrefixOf('billing'));
      const answers: string[] = [];
      team.subscribe(inbox, { callback: (_, message) => answers.push(message.string()) });
      team.publish(SUBJECT, '{}', { reply: inbox });
      await team.flush();
      await api.flush();
      expect(replies).toEqual([inbox]);
      const unasked = createInbox(inboxPrefixOf('billing'));
      const found = await denied(api, () => {
        api.publish(inbox, 'first');
        api.publish(inbox, 'second');
        api.publish(unasked, 'unasked');
      });
      expect(found).toEqual([inbox, unasked]);
      await team.flush();
      expect(answers).toEqual(['first']);
    });

    it('are as ready as before where two requests want their answers on one subject', async () => {
      const asked: IncomingRequest[] = [];
      const { api, told, end } = await serve((request) => void asked.push(request));
      const { nats: team } = await connect('billing');
      const reply = createInbox(inboxPrefixOf('billing'));
      for (const body of ['first', 'second']) team.publish(SUBJECT, body, { reply });
      await eventually(() => expect(asked).toHaveLength(2));
      for (const request of asked) request.respond(ANSWER);
      await flushed(api.nats);
      expect(told).toEqual([{ answers: 1 }]);
      expect(api.trouble).toBeUndefined();
      await end();
    });

    it('send no answer that would be an event, a command or a call of the server', async () => {
      const relay = await connect('relay');
      await relay.ensureTopology();
      const last = await relay.lastSequence();
      const asked: string[] = [];
      const { api, told, end } = await serve((request) => {
        asked.push('asked');
        request.respond(ANSWER);
      });
      const team = await connect('billing');
      const traps = [
        'uplift.evt.v1.instance.upgrade-requested.x',
        `$JS.API.STREAM.PURGE.${EVENTS_STREAM}`,
        COMMAND_SUBJECTS.cancelUpgrade,
        'trigger_upgrade',
      ];
      for (const reply of traps) team.nats.publish(SUBJECT, '{}', { reply });
      await team.request(SUBJECT, '{}', { headers: {}, timeoutMs: 5_000 });
      expect(asked).toEqual(['asked']);
      expect(told).toEqual([{ subject: SUBJECT, reply: traps[0] }]);
      expect(await relay.lastSequence()).toBe(last);
      expect(api.trouble).toBeUndefined();
      await end();
    });

    it.each([
      ['whole', WHOLE_HEADERS],
      ['open', new OpenHeaders()],
    ])('run no command that a stream sends on, with %s headers', async (_how, sent) => {
      const relay = await connect('relay');
      await relay.ensureTopology();
      const asked: string[] = [];
      const { api, told, end } = await serve((request) => {
        asked.push(Buffer.from(request.payload).toString());
        request.respond(ANSWER);
      });
      const arrived: string[] = [];
      const operator = await connect('operator');
      operator.nats.subscribe(SUBJECT, {
        callback: (_, message) => arrived.push(message.string()),
      });
      await operator.flush();
      const src = 'uplift.evt.v1.instance.upgrade-requested.x';
      const sendOn = (body: string) =>
        relay.nats.request(src, body, { timeout: 5_000, headers: sent });
      const { streams } = await relay.nats.jetstreamManager({ checkAPI: false });
      const remove = async () =>
        (await operator.nats.jetstreamManager()).streams.delete(EVENTS_STREAM);
      const republish = { src, dest: SUBJECT };
      await remove();
      await streams.add({ name: EVENTS_STREAM, subjects: ['uplift.evt.v1.>'], republish });
      await sendOn('forged');
      await eventually(() => expect(arrived).toEqual(['forged']));
      await flushed(api.nats);
      expect([asked, told]).toEqual([[], [{ subject: SUBJECT, reply: '' }]]);
      const corrected = await relay.ensureTopology().then(
        ({ changes }) => changes.join(),
        (error: unknown) => String(error),
      );
      expect(corrected).toMatch(/\(.*republish.*\)/);
      if (isBefore210(relay.nats)) {
        await remove();
        await relay.ensureTopology();
      }
      await sendOn('sent on no more');
      const team = await connect('billing');
      await team.request(SUBJECT, 'own', { headers: {}, timeoutMs: 5_000 });
      await operator.flush();
      expect([arrived, asked]).toEqual([['forged', 'own'], ['own']]);
      await end();
    });
  });
});
