import type { INestMicroservice } from '@nestjs/common';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { connectBus, natsAccess, type NatsBusConnection } from '@uplift/bus';
import { EVENTS_STREAM } from '@uplift/contracts';
import { AckPolicy, DebugEvents, StorageType } from 'nats';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { lastValueFrom } from 'rxjs';
import { BusServer } from './bus-server';
import { jetStreamSuite } from './jetstream.strategy.suite';
import { isBefore210 } from './server-release';
import { ECHO, NO_SUCH, servicesSuite, startEcho } from './services.strategy.suite';
import { streamSuite } from './stream.suite';
import { tracedRequestsSuite } from './traced-requests.suite';

const SERVER = 'a real server';
streamSuite(SERVER, () => BusServer.start());
jetStreamSuite(SERVER, () => BusServer.start());
servicesSuite(SERVER, () => BusServer.start());
tracedRequestsSuite(SERVER, () => BusServer.start());

describe('what only a real server shows', () => {
  let server: BusServer;
  let bus: NatsBusConnection;
  let app: INestMicroservice;

  beforeAll(async () => {
    server = await BusServer.start();
    bus = await server.connect('service');
    app = await startEcho(bus);
  });

  afterAll(async () => {
    await app.close();
    await bus.close();
    await server.close();
  });

  it('answers a real Nest client in its own envelope, errors too', async () => {
    const nest = ClientProxyFactory.create({
      transport: Transport.NATS,
      options: natsAccess(server.access),
    });
    expect(await lastValueFrom(nest.send(ECHO, { b: 2 }))).toEqual({ got: { b: 2 }, key: null });
    await expect(lastValueFrom(nest.send('uplift.qry.v1.spec.missing', {}))).rejects.toEqual(
      NO_SUCH,
    );
    await nest.close();
  });

  it('tells who it is and what its endpoints are to whoever asks the bus', async () => {
    const reply = await bus.nats.request('$SRV.INFO.uplift-spec', '', { timeout: 2_000 });
    const info = reply.json<{ version: string; endpoints: { name: string; subject: string }[] }>();
    expect(info.version).toBe('1.2.3');
    expect(info.endpoints).toContainEqual({
      name: 'uplift_qry_v1_spec_echo',
      subject: ECHO,
      queue_group: 'uplift-spec',
      metadata: { schema: 'Echo', scope: 'instances:read', idempotent: 'true' },
    });
  });

  it('dials again when its clock was ahead at the last dial, and was put back since', async () => {
    const lone = await BusServer.start();
    const connection = await lone.connect('skewed');
    const real = Date.now.bind(Date);
    const ahead = jest.spyOn(Date, 'now').mockImplementation(() => real() + 7_200_000);
    const back = new Promise<void>((resolve) => void connection.onReconnect(resolve));
    const dialled = (async () => {
      for await (const { type } of connection.nats.status())
        if (type === DebugEvents.Reconnecting) return;
    })();
    await lone.kill();
    await dialled;
    ahead.mockRestore();
    await lone.start();
    await back;
    expect(connection.isConnected).toBe(true);
    await connection.close();
    await lone.close();
  });

  describe('a stream that somebody else has made', () => {
    const streams = async () => (await bus.nats.jetstreamManager()).streams;
    const subjects = ['uplift.evt.v1.>'];

    afterEach(async () => void (await (await streams()).delete(EVENTS_STREAM)));

    it('is secured against deletion and purge', async () => {
      await (await streams()).add({ name: EVENTS_STREAM, subjects });
      const { changes } = await bus.ensureTopology();
      expect(changes[0]).toMatch(/^stream UPLIFT_EVENTS \(.*deny_delete, deny_purge/);
      const { config } = await (await streams()).info(EVENTS_STREAM);
      expect(config).toMatchObject({ deny_delete: true, deny_purge: true, discard: 'new' });
    });

    it('is named with what is wrong when the server does not let it be corrected, and else put right', async () => {
      const storage = StorageType.Memory;
      const republish = { src: subjects[0]!, dest: 'elsewhere.>' };
      await (await streams()).add({ name: EVENTS_STREAM, subjects, storage, republish });
      await expect(bus.ensureTopology()).rejects.toThrow(
        /cannot be corrected \(storage; .*republish.*\): .*Delete it/,
      );
      const stays = isBefore210(bus.nats) ? ['storage', 'republish'] : ['storage'];
      expect(await bus.streamFaults()).toEqual(stays);
    });

    it('works with a consumer that cannot be corrected, which is told apart from the others', async () => {
      await (await streams()).add({ name: EVENTS_STREAM, subjects });
      const { consumers } = await bus.nats.jetstreamManager();
      const unacknowledged = { durable_name: 'upgrade', ack_policy: AckPolicy.None };
      await consumers.add(EVENTS_STREAM, unacknowledged);
      const { changes, faults } = await bus.ensureTopology();
      expect(changes).toContain('consumer pre-upgrade');
      expect(faults).toEqual([expect.stringMatching(/^consumer upgrade .*ack_policy.*: .+/)]);
    });
  });

  it('gives up an attempt to connect that nobody answers, and tries again', async () => {
    const attempts: Socket[] = [];
    const proxy = createServer((client) => {
      client.on('error', () => undefined);
      attempts.push(client);
      if (attempts.length === 1) return;
      const upstream = connect(Number(new URL(server.url).port), '127.0.0.1');
      upstream.on('error', () => undefined);
      client.pipe(upstream).pipe(client);
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const { port } = proxy.address() as AddressInfo;
    let patient: NatsBusConnection | undefined;
    try {
      const servers = server.url.replace(/:\d+$/, `:${port}`);
      patient = await connectBus({ ...server.access, servers, name: 'patient' });
      expect(patient.isConnected).toBe(true);
      expect(attempts.length).toBeGreaterThan(1);
    } finally {
      await patient?.close();
      proxy.close();
      attempts.forEach((client) => client.destroy());
    }
    // Less than the 20 s after which the client itself would give up an attempt.
  }, 15_000);
});
