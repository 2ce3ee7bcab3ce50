import 'reflect-metadata';
import { Body, Controller, Get, Module, Param, Post, Req, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { NO_TRACING, Tracing } from '@uplift/runtime';
import type { CollectedTracing } from '@uplift/runtime/testing';
import { collectTraces } from '@uplift/runtime/testing';
import type { HttpReply, HttpRequest } from './http-exchange';
import { headerOf } from './http-exchange';
import { traceRequests } from './traced-requests';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
const CANARY = 'canary7f3a9c51';
const calledWith = (flags: string) => ({ traceparent: `00-${TRACE}-${CALLER}-${flags}` });

@Controller('v1')
class Api {
  constructor(private readonly tracing: Tracing) {}

  @Post('instances/:id/park')
  async park(@Param('id') _id: string, @Body() _body: object, @Req() request: HttpRequest) {
    await new Promise(setImmediate);
    const { traceparent: active = null } = this.tracing.active ?? {};
    return { active, header: headerOf(request, 'traceparent') ?? null };
  }

  @Get('broken')
  broken() {
    throw new Error(CANARY);
  }

  @Get('events')
  events(@Res() reply: HttpReply) {
    reply.send('data: 1\n\n');
  }
}

@Controller('docs')
class Pages {
  @Get()
  page() {
    return 'page';
  }
}

@Module({})
class Root {}

let app: NestFastifyApplication;
let tracing: CollectedTracing;

async function serve(provided: Tracing): Promise<void> {
  const providers = [{ provide: Tracing, useValue: provided }];
  const root = { module: Root, controllers: [Api, Pages], providers };
  app = await NestFactory.create<NestFastifyApplication>(root, new FastifyAdapter(), {
    logger: false,
    forceCloseConnections: true,
  });
  traceRequests(app);
  await app.listen(0, '127.0.0.1');
}

beforeEach(() => {
  tracing = collectTraces();
});
afterEach(() => Promise.all([app.close(), tracing.close()]));

async function get(path: string, headers: Record<string, string> = {}): Promise<void> {
  const response = await fetch(`${await app.getUrl()}${path}`, { headers });
  await response.text();
}

async function park(headers: Record<string, string> = {}) {
  const url = `${await app.getUrl()}/v1/instances/${CANARY}/park?token=${CANARY}`;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ reason: CANARY }),
  });
  return (await response.json()) as { active: string | null; header: string | null };
}

/** Every request has ended by then. */
async function spans() {
  await app.close();
  return tracing.spans();
}

describe('a request', () => {
  it('is a trace, within which it is handled, body and all', async () => {
    await serve(tracing);
    const { active } = await park();
    const [span] = await spans();
    expect(span).toMatchObject({
      name: 'POST /v1/instances/:id/park',
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/v1/instances/:id/park',
        'http.response.status_code': 201,
      },
      parent: undefined,
      links: [],
      hasFailed: false,
    });
    expect(active).toBe(`00-${span?.traceId}-${span?.spanId}-01`);
  });

  it.each(['00', '01'])(
    'names the trace of its caller, whose flag %s has no say, and takes its place in what comes of it',
    async (flags) => {
      await serve(tracing);
      const { active, header } = await park(calledWith(flags));
      const [span] = await spans();
      expect(span).toMatchObject({ parent: undefined, links: [CALLER] });
      expect(span?.traceId).not.toBe(TRACE);
      expect(header).toBe(active);
    },
  );

  it('that begins no trace of its own is not made to by its caller', async () => {
    tracing = collectTraces({ sampler: 'parentbased_always_off' });
    await serve(tracing);
    const { header } = await park(calledWith('01'));
    expect(header).toMatch(/-00$/);
    expect(await spans()).toEqual([]);
  });

  it('tells nothing of what stands in it, nor of what is answered', async () => {
    await serve(tracing);
    await park({ authorization: `Bearer ${CANARY}`, 'user-agent': CANARY, traceparent: CANARY });
    await get('/v1/broken', {
      referer: `http://${CANARY}/`,
      traceparent: calledWith('01').traceparent,
      tracestate: `vendor=${CANARY}`,
    });
    const [, broken] = await spans();
    expect(broken).toMatchObject({ hasFailed: true, attributes: { 'error.type': '500' } });
    expect(await tracing.text()).not.toContain(CANARY);
  });

  it('is no trace where it has no end, or asks for a page, or for what is not there', async () => {
    await serve(tracing);
    for (const path of ['/v1/events', '/docs', `/v1/${CANARY}`]) await get(path);
    expect(await spans()).toEqual([]);
  });

  it('is left as it was sent where there is no tracing', async () => {
    await serve(NO_TRACING);
    const sent = calledWith('01').traceparent;
    expect(await park({ traceparent: sent })).toEqual({ active: null, header: sent });
  });
});
