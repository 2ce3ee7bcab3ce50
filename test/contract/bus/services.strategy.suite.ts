import { randomBytes } from 'node:crypto';
import { Controller, Module, UseFilters, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { BusClient, BusExceptionFilter, ServicesStrategy } from '@uplift/bus';
import type { BusConnection, BusRequest } from '@uplift/bus';
import { ProblemError, type ReceivedMessage } from '@uplift/contracts';
import type { BusUnderTest } from './bus-under-test';

export const ECHO = 'uplift.qry.v1.spec.echo';
export const NO_SUCH = {
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

  @MessagePattern('uplift.qry.v1.spec.long')
  long(@Payload() { body }: BusRequest) {
    return { long: 'x'.repeat(Number(body)) };
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

export async function startEcho(bus: BusConnection): Promise<INestMicroservice> {
  const strategy = new ServicesStrategy({
    connection: bus,
    name: 'uplift-spec',
    version: '1.2.3',
    aliases: { echo: ECHO },
    endpoints: { [ECHO]: { schema: 'Echo', scope: 'instances:read', idempotent: true } },
  });
  const app = await NestFactory.createMicroservice(EchoModule, { strategy, logger: false });
  await app.listen();
  return app;
}

function jsonOf({ payload }: ReceivedMessage): unknown {
  return JSON.parse(Buffer.from(payload).toString('utf8'));
}

/** Requests to handlers, and their answers. */
export function servicesSuite(name: string, open: () => Promise<BusUnderTest>): void {
  describe(`requests over ${name}`, () => {
    let server: BusUnderTest;
    let service: BusConnection;
    let caller: BusConnection;
    let client: BusClient;
    let app: INestMicroservice;

    beforeAll(async () => {
      server = await open();
      service = await server.connect('service');
      caller = await server.connect('caller');
      client = new BusClient(caller);
    });

    beforeEach(async () => {
      app = await startEcho(service);
    });

    afterEach(() => app.close());

    afterAll(async () => {
      await Promise.all([service.close(), caller.close()]);
      await server.close();
    });

    function raw(
      subject: string,
      payload: Uint8Array | string,
      headers = {},
    ): Promise<ReceivedMessage> {
      return caller.request(subject, payload, { headers, timeoutMs: 2_000 });
    }

    it('answers plain JSON with plain JSON, and reads headers ignoring case', async () => {
      const answer = await client.request(ECHO, { a: 1 }, { idempotencyKey: 'k1' });
      expect(answer).toEqual({ got: { a: 1 }, key: 'k1' });
    });

    it('answers on an alias as on the subject it stands for', async () => {
      expect(await client.request('echo', [1])).toEqual({ got: [1], key: null });
    });

    it('answers a structured CloudEvent with a structured CloudEvent', async () => {
      const type = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
      const event = {
        specversion: '1.0',
        id: 'e1',
        type: 'spec.ask',
        source: '/spec',
        data: { c: 3 },
      };
      const reply = await raw(ECHO, JSON.stringify(event), type);
      expect(jsonOf(reply)).toMatchObject({
        specversion: '1.0',
        type: 'spec.ask.reply',
        source: '/uplift-spec',
        causationid: 'e1',
        data: { got: { c: 3 } },
      });
      expect(reply.headers['Content-Type']).toBe('application/cloudevents+json');
    });

    it('sends a problem as body and its status and title as headers', async () => {
      const reply = await raw('uplift.qry.v1.spec.missing', '{}');
      expect(reply.headers['Nats-Service-Error-Code']).toBe('404');
      expect(reply.headers['Nats-Service-Error']).toBe('No such th?ng');
      expect(jsonOf(reply)).toEqual(NO_SUCH);
      await expect(client.request('uplift.qry.v1.spec.missing', {})).rejects.toMatchObject({
        problem: NO_SUCH,
      });
    });

    it('tells nothing about an unexpected error but that it was one', async () => {
      const failure = client.request('uplift.qry.v1.spec.broken', {});
      await expect(failure).rejects.toMatchObject({
        problem: { status: 500, code: 'internal-error' },
      });
      await expect(failure).rejects.not.toThrow('secret');
    });

    it('says of an answer that the bus does not carry how large it is', async () => {
      const most = service.maxPayload;
      const bytes = most + '{"long":""}'.length;
      await expect(client.request('uplift.qry.v1.spec.long', most)).rejects.toMatchObject({
        problem: {
          status: 500,
          code: 'answer-too-large',
          detail: expect.stringContaining(`${bytes} bytes`) as string,
        },
      });
      expect(await client.request('uplift.qry.v1.spec.long', 1)).toEqual({ long: 'x' });
    });

    it('says of a request that the bus does not carry that it was too large', async () => {
      const body = 'x'.repeat(caller.maxPayload);
      await expect(client.request(ECHO, body)).rejects.toMatchObject({
        problem: { status: 413, code: 'body-too-large' },
      });
    });

    it.each([
      ['text', Buffer.from('hello'), 400],
      ['cut JSON', Buffer.from('{"a":'), 400],
      ['bytes', randomBytes(512), 400],
      ['invalid UTF-8 in JSON', Buffer.from([0x22, 0xff, 0x22]), 400],
      ['a huge body', Buffer.alloc(900_000, 'x'), 413],
    ])('survives %s with a problem', async (_, payload, status) => {
      const reply = await raw(ECHO, payload);
      expect(jsonOf(reply)).toMatchObject({ status });
      expect(await client.request(ECHO, 1)).toMatchObject({ got: 1 });
    });

    it('hands a request without a body on as such', async () => {
      expect(jsonOf(await raw(ECHO, Buffer.alloc(0)))).toEqual({ key: null });
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
      const reply = await raw(ECHO, payload);
      expect(reply.payload.byteLength).toBeGreaterThan(0);
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
  });
}
