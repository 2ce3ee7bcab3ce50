import { randomBytes } from 'node:crypto';
import { Controller, Module, UseFilters, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientProxyFactory, MessagePattern, Payload, Transport } from '@nestjs/microservices';
import { BusClient, BusExceptionFilter, connectBus, ServicesStrategy } from '@uplift/bus';
import type { BusConnection, BusRequest } from '@uplift/bus';
import { ProblemError } from '@uplift/contracts';
import { headers } from 'nats';
import { lastValueFrom } from 'rxjs';
import { BusServer } from './bus-server';

const ECHO = 'uplift.qry.v1.spec.echo';
const NO_SUCH = {
  type: 'urn:uplift:problem:no-such',
  title: 'No such thïng',
  status: 404,
  detail: 'It is not there',
  code: 'no-such',
};

let finish: () => void = () => undefined;
let arrived: () => void = () => undefined;

@Controller()
@UseFilters(BusExceptionFilter)
class EchoController {
  @MessagePattern(ECHO)
  echo(@Payload() request: BusRequest) {
    return { got: request.body, key: request.headers['IDEMPOTENCY-key'] ?? null };
  }

  @MessagePattern('uplift.qry.v1.spec.missing')
  missing() {
    throw new ProblemError(NO_SUCH);
  }

  @MessagePattern('uplift.qry.v1.spec.broken')
  broken() {
    throw new Error('a secret of the service');
  }

  @MessagePattern('uplift.qry.v1.spec.slow')
  async slow() {
    arrived();
    await new Promise<void>((resolve) => (finish = resolve));
    return { slow: true };
  }
}

@Module({ controllers: [EchoController] })
class EchoModule {}

let server: BusServer;
let service: BusConnection;
let caller: BusConnection;
let client: BusClient;
let app: INestMicroservice;

beforeAll(async () => {
  server = await BusServer.start();
  service = await connectBus({ servers: server.url, name: 'service' });
  caller = await connectBus({ servers: server.url, name: 'caller' });
  client = new BusClient(caller);
});

beforeEach(async () => {
  const strategy = new ServicesStrategy({
    connection: service,
    name: 'uplift-spec',
    version: '1.2.3',
    aliases: { echo: ECHO },
    endpoints: { [ECHO]: { schema: 'Echo', scope: 'instances:read', idempotent: true } },
  });
  app = await NestFactory.createMicroservice(EchoModule, { strategy, logger: false });
  await app.listen();
});

afterEach(() => app.close());

afterAll(async () => {
  await Promise.all([service.close(), caller.close()]);
  await server.close();
});

it('answers plain JSON with plain JSON, and reads headers ignoring case', async () => {
  const answer = await client.request(ECHO, { a: 1 }, { idempotencyKey: 'k1' });
  expect(answer).toEqual({ got: { a: 1 }, key: 'k1' });
});

it('answers on an alias as on the subject it stands for', async () => {
  expect(await client.request('echo', [1])).toEqual({ got: [1], key: null });
});

it('answers a real Nest client in its own envelope, errors too', async () => {
  const nest = ClientProxyFactory.create({
    transport: Transport.NATS,
    options: { servers: [server.url] },
  });
  expect(await lastValueFrom(nest.send(ECHO, { b: 2 }))).toEqual({ got: { b: 2 }, key: null });
  await expect(lastValueFrom(nest.send('uplift.qry.v1.spec.missing', {}))).rejects.toEqual(NO_SUCH);
  await nest.close();
});

it('answers a structured CloudEvent with a structured CloudEvent', async () => {
  const type = headers();
  type.set('content-type', 'application/cloudevents+json; charset=utf-8');
  const event = { specversion: '1.0', id: 'e1', type: 'spec.ask', source: '/spec', data: { c: 3 } };
  const reply = await caller.nats.request(ECHO, JSON.stringify(event), {
    timeout: 2_000,
    headers: type,
  });
  expect(reply.json()).toMatchObject({
    specversion: '1.0',
    type: 'spec.ask.reply',
    source: '/uplift-spec',
    causationid: 'e1',
    data: { got: { c: 3 } },
  });
  expect(reply.headers?.get('Content-Type')).toBe('application/cloudevents+json');
});

it('sends a problem as body and its status and title as headers', async () => {
  const reply = await caller.nats.request('uplift.qry.v1.spec.missing', '{}', { timeout: 2_000 });
  expect(reply.headers?.get('Nats-Service-Error-Code')).toBe('404');
  expect(reply.headers?.get('Nats-Service-Error')).toBe('No such th?ng');
  expect(reply.json()).toEqual(NO_SUCH);
  await expect(client.request('uplift.qry.v1.spec.missing', {})).rejects.toMatchObject({
    problem: NO_SUCH,
  });
});

it('tells nothing about an unexpected error but that it was one', async () => {
  const failure = client.request('uplift.qry.v1.spec.broken', {});
  await expect(failure).rejects.toMatchObject({ problem: { status: 500, code: 'internal-error' } });
  await expect(failure).rejects.not.toThrow('secret');
});

it.each([
  ['an empty body', Buffer.alloc(0), 400],
  ['text', Buffer.from('hello'), 400],
  ['cut JSON', Buffer.from('{"a":'), 400],
  ['bytes', randomBytes(512), 400],
  ['invalid UTF-8 in JSON', Buffer.from([0x22, 0xff, 0x22]), 400],
  ['a huge body', Buffer.alloc(900_000, 'x'), 413],
])('survives %s with a problem', async (_, payload, status) => {
  const reply = await caller.nats.request(ECHO, payload, { timeout: 2_000 });
  expect(reply.json()).toMatchObject({ status });
  expect(await client.request(ECHO, 1)).toMatchObject({ got: 1 });
});

it.each([
  'null',
  '0',
  '""',
  '[]',
  '{"pattern":1}',
  '{"id":1,"data":2}',
  `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
])('answers any JSON (case %#)', async (payload) => {
  const reply = await caller.nats.request(ECHO, payload, { timeout: 2_000 });
  expect(reply.data.byteLength).toBeGreaterThan(0);
});

it('tells who it is and what its endpoints are to whoever asks the bus', async () => {
  const reply = await caller.nats.request('$SRV.INFO.uplift-spec', '', { timeout: 2_000 });
  const info = reply.json<{ version: string; endpoints: { name: string; subject: string }[] }>();
  expect(info.version).toBe('1.2.3');
  expect(info.endpoints).toContainEqual({
    name: 'uplift_qry_v1_spec_echo',
    subject: ECHO,
    queue_group: 'uplift-spec',
    metadata: { schema: 'Echo', scope: 'instances:read', idempotent: 'true' },
  });
});

it('is a 503 when nobody answers and a 504 when the answer does not come', async () => {
  await expect(client.request('uplift.qry.v1.spec.nobody', {})).rejects.toMatchObject({
    problem: { status: 503, retryable: true },
  });
  const reached = new Promise<void>((resolve) => (arrived = resolve));
  const failure = client.request('uplift.qry.v1.spec.slow', {}, { timeoutMs: 50 });
  await expect(failure).rejects.toMatchObject({ problem: { status: 504, retryable: true } });
  await reached;
  finish();
});

it('answers what it has begun before it closes, and takes nothing new', async () => {
  const reached = new Promise<void>((resolve) => (arrived = resolve));
  const answer = client.request('uplift.qry.v1.spec.slow', {});
  await reached;
  const closed = app.close();
  finish();
  expect(await answer).toEqual({ slow: true });
  await closed;
  await expect(client.request(ECHO, 1)).rejects.toMatchObject({ problem: { status: 503 } });
});
