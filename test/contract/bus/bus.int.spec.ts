import type { INestMicroservice } from '@nestjs/common';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { connectBus, type NatsBusConnection } from '@uplift/bus';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { lastValueFrom } from 'rxjs';
import { BusServer } from './bus-server';
import { jetStreamSuite } from './jetstream.strategy.suite';
import { ECHO, NO_SUCH, servicesSuite, startEcho } from './services.strategy.suite';
import { streamSuite } from './stream.suite';

const SERVER = 'a real server';
streamSuite(SERVER, () => BusServer.start());
jetStreamSuite(SERVER, () => BusServer.start());
servicesSuite(SERVER, () => BusServer.start());

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
      options: { servers: [server.url] },
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
      patient = await connectBus({ servers: `nats://127.0.0.1:${port}`, name: 'patient' });
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
