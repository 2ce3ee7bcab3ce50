import { setImmediate } from 'node:timers/promises';
import {
  connectBus,
  connectServiceBus,
  inboxPrefixOf,
  permissionsOf,
  type BusConnection,
  type BusOptions,
  type IncomingRequest,
  type NatsBusConnection,
  type ServiceBusOptions,
} from '@uplift/bus';
import { COMMAND_SUBJECTS, encodeEvent, EVENTS_STREAM } from '@uplift/contracts';
import { systemClock, type Clock } from '@uplift/runtime';
import { eventually } from '../../support/eventually';
import { anEvent, publish } from './bus-under-test';
import { GuardedServer } from './guarded-server';

const STREAM_INFO = `$JS.API.STREAM.INFO.${EVENTS_STREAM}`;

/** A clock that a test puts on, so that nothing has to be waited for. */
class AdvancingClock implements Pick<Clock, 'monotonic'> {
  private ahead = 0;
  readonly clock: Clock = Object.assign(Object.create(systemClock) as Clock, {
    monotonic: () => this.monotonic(),
  });

  monotonic(): number {
    return systemClock.monotonic() + this.ahead;
  }

  advance(ms: number): void {
    this.ahead += ms;
  }
}

describe('a user of the bus', () => {
  let server: GuardedServer;
  let open: BusConnection[];
  const closed: unknown[] = [];
  const told: { readonly denied?: string }[] = [];

  beforeEach(async () => {
    server = await GuardedServer.start();
    open = [];
    closed.length = 0;
    told.length = 0;
  });

  afterEach(async () => {
    await Promise.all(open.map((bus) => bus.close()));
    await server.stop();
  });

  async function connect(user: string, options: Partial<BusOptions> = {}) {
    const bus = await connectBus({
      ...{ ...server.accessOf(user), name: user, inboxPrefix: inboxPrefixOf(user) },
      onClosed: (error) => closed.push(error),
      onTrouble: (fields) => told.push(fields),
      ...options,
    });
    open.push(bus);
    return bus;
  }

  const without = (user: string, subject: string) => {
    const { publish, subscribe, answers } = permissionsOf(user)!;
    const others = (list: readonly string[]) => list.filter((each) => each !== subject);
    return { publish: others(publish), subscribe: others(subscribe), answers };
  };

  async function troubleOf(bus: NatsBusConnection): Promise<string | undefined> {
    await bus.flush();
    await setImmediate();
    return bus.trouble;
  }

  it('who lacks a right says which, and has it once the server is told', async () => {
    await server.change('relay', without('relay', STREAM_INFO));
    const time = new AdvancingClock();
    const bus = await connect('relay', { clock: time.clock });
    await eventually(async () => {
      await expect(bus.streamFill()).rejects.toThrow(/Permissions Violation/);
    });
    expect(await troubleOf(bus)).toBe(
      `the NATS server denies this user to publish to ${STREAM_INFO}`,
    );
    expect(told).toEqual([{ denied: `publish to ${STREAM_INFO}` }]);
    await server.change('relay', permissionsOf('relay')!);
    await eventually(async () => {
      await bus.ensureTopology();
    });
    await publish(bus, anEvent());
    time.advance(30_000);
    expect(bus.trouble).toBeUndefined();
    expect(closed).toEqual([]);
  });

  it('who may not publish events says so, and not each event', async () => {
    const operator = await connect('operator');
    await operator.ensureTopology();
    await server.change('relay', without('relay', 'uplift.evt.v1.>'));
    const bus = await connect('relay');
    const channel = bus.openPublishing(() => undefined);
    const message = encodeEvent(anEvent(), { ordinal: 1, epoch: 'e' });
    for (let n = 0; n < 100; n += 1) channel.send(message, n);
    expect(await troubleOf(bus)).toMatch(/publish to uplift\.evt\.v1\.instance\.[a-z-]+\.\*/);
    expect(told).toHaveLength(1);
    await eventually(async () => {
      expect(await operator.lastSequence()).toBe(0);
    });
  });

  it('who may read no answers says so, and works once it may', async () => {
    const inbox = '_INBOX_upgrade.>';
    const relay = await connect('relay');
    await relay.ensureTopology();
    await server.change('upgrade', { ...without('upgrade', inbox), subscribe: ['_INBOX_x.>'] });
    const bus = await connect('upgrade');
    expect(await bus.hasConsumer('upgrade')).toBe(false);
    expect(await troubleOf(bus)).toContain('subscribe to _INBOX_upgrade.>');
    await server.change('upgrade', permissionsOf('upgrade')!);
    await eventually(async () => {
      expect(await bus.hasConsumer('upgrade')).toBe(true);
    });
  });

  it('who may serve nothing says so, and serves once it may', async () => {
    const subject = COMMAND_SUBJECTS.triggerUpgrade;
    await server.change('command-api', without('command-api', 'uplift.cmd.v1.>'));
    const bus = await connect('command-api');
    const onRequest = (request: IncomingRequest) =>
      request.respond({ headers: {}, payload: Buffer.from('{}') });
    const end = await bus.serve({
      ...{ name: 'uplift-command-api', version: '1.0.0' },
      endpoints: [{ name: 'trigger', subject, metadata: {}, onRequest }],
    });
    expect(await troubleOf(bus)).toContain(`subscribe to ${subject}`);
    const operator = await connect('operator');
    const ask = () => operator.request(subject, '{}', { headers: {}, timeoutMs: 1_000 });
    await expect(ask()).rejects.toMatchObject({ reason: 'no-responder' });
    await server.change('command-api', permissionsOf('command-api')!);
    await eventually(async () => {
      await ask();
    });
    await end();
    await expect(ask()).rejects.toMatchObject({ reason: 'no-responder' });
  });

  it('who asks what it may not is told at once', async () => {
    const bus = await connect('command-api');
    const options = { headers: {}, timeoutMs: 60_000 };
    await expect(bus.request('other.subject', '{}', options)).rejects.toMatchObject({
      reason: 'denied',
    });
  });

  it('whose key is taken from it says so, and is back with the key', async () => {
    const bus = await connect('relay');
    const another = await connect('projector');
    let interruptions = 0;
    another.onReconnect(() => (interruptions += 1));
    await server.change('relay', null);
    await eventually(() =>
      expect(bus.trouble).toBe(
        'not connected: the NATS server refuses this user (AUTHORIZATION_VIOLATION)',
      ),
    );
    // The client's own way is to give up at the second refusal.
    let dials = 0;
    const dialled = (async () => {
      for await (const { type } of bus.nats.status()) {
        if (String(type) === 'reconnecting' && (dials += 1) > 3) return;
      }
    })();
    await dialled;
    await server.change('relay', permissionsOf('relay')!);
    await eventually(async () => {
      await bus.ensureTopology();
    });
    expect(bus.trouble).toBeUndefined();
    expect(closed).toEqual([]);
    await eventually(() => expect(another.trouble).toBeUndefined());
    if (server.isReloadable) expect(interruptions).toBe(0);
  });

  it('whose key is another one from now on is back when its file has been written anew', async () => {
    let { nkeySeed } = server.accessOf('relay');
    const bus = await connect('relay', { renewed: () => ({ nkeySeed }) });
    await server.giveNewKey('relay');
    await eventually(() => expect(bus.trouble).toContain('refuses this user'));
    ({ nkeySeed } = server.accessOf('relay'));
    await eventually(() => expect(bus.trouble).toBeUndefined());
    expect(closed).toEqual([]);
  });

  it('whom the server does not know at the start of a service is waited for, with the reason', async () => {
    await server.change('relay', null);
    const errors: object[] = [];
    let check: () => string | undefined = () => undefined;
    const options: ServiceBusOptions = {
      ...{ ...server.accessOf('relay'), name: 'uplift-relay', user: 'relay', clock: systemClock },
      logger: { fatal: () => undefined, error: (fields) => errors.push(fields) },
      health: { addReadiness: (_, given) => void (check = given) },
    };
    const coming = connectServiceBus(options);
    expect(check()).toBe('not connected');
    await eventually(() =>
      expect(check()).toContain('refuses this user (AUTHORIZATION_VIOLATION)'),
    );
    expect(errors).toEqual([{ code: 'AUTHORIZATION_VIOLATION', user: 'relay' }]);
    await server.change('relay', permissionsOf('relay')!);
    const bus = await coming;
    open.push(bus);
    expect(check()).toBeUndefined();
    expect((await bus.ensureTopology()).faults).toEqual([]);
  });
});
