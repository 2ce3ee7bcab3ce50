import 'reflect-metadata';
import { Controller, Get, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { readConfiguration } from '@uplift/runtime';
import { AccessPolicy } from '@uplift/access';
import { refuseForeign, TrustedOrigins, trustedOriginsOf } from './foreign-requests';
import { FASTIFY_OPTIONS } from './http-transport';

let changes = 0;

@Controller()
class Everything {
  @Get('v1/things')
  read() {
    return {};
  }

  @Post('v1/things')
  change() {
    changes += 1;
    return {};
  }

  @Get('api/instance/:uuid/health/:status')
  report() {
    changes += 1;
    return {};
  }
}

@Module({})
class Root {}

async function serve(isOff: boolean, origins: readonly string[] = []) {
  const providers = [
    { provide: AccessPolicy, useValue: new AccessPolicy(isOff) },
    { provide: TrustedOrigins, useValue: new TrustedOrigins(origins) },
  ];
  const root = { module: Root, controllers: [Everything], providers };
  const adapter = new FastifyAdapter(FASTIFY_OPTIONS);
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, { logger: false });
  refuseForeign(app);
  await app.init();
  return app;
}

interface Sent {
  readonly method?: 'GET' | 'POST' | 'HEAD' | 'OPTIONS';
  readonly url?: string;
  readonly host?: string;
  readonly origin?: string;
  readonly type?: string;
}

async function answerTo(app: NestFastifyApplication, sent: Sent) {
  const { method = 'GET', url = '/v1/things', host = '127.0.0.1:3000', origin, type } = sent;
  const headers = {
    host,
    ...(origin === undefined ? {} : { origin }),
    ...(type === undefined ? {} : { 'content-type': type }),
  };
  const payload = type === undefined ? {} : { payload: 'status=running-healthy-claimed' };
  const {
    statusCode,
    headers: answered,
    body,
  } = await app.inject({ method, url, headers, ...payload });
  const isProblem = String(answered['content-type']).startsWith('application/problem+json');
  return {
    status: statusCode,
    code: isProblem ? (JSON.parse(body) as { code: string }).code : null,
  };
}

describe('a request', () => {
  const apps: Partial<Record<'open' | 'guarded' | 'trusting', NestFastifyApplication>> = {};

  beforeAll(async () => {
    apps.open = await serve(true);
    apps.guarded = await serve(false);
    apps.trusting = await serve(false, ['https://ops.example.com']);
  });

  beforeEach(() => (changes = 0));

  afterAll(() => Promise.all(Object.values(apps).map((app) => app.close())));

  const ask = (name: keyof typeof apps, sent: Sent) => {
    const app = apps[name];
    if (app === undefined) throw new Error('not started');
    return answerTo(app, sent);
  };

  const LOOPBACK = ['127.0.0.1', '127.0.0.1:3000', 'localhost:3000', 'LOCALHOST', '[::1]:3000'];

  it.each(LOOPBACK)('to %s is answered where everybody may do everything', async (host) => {
    for (const method of ['GET', 'POST'] as const) {
      expect((await ask('open', { method, host })).status).toBeLessThan(300);
    }
  });

  it.each([
    ...['evil.example', 'evil.example:3000', '127.0.0.1.evil.example', 'localhost.evil.example'],
    ...['10.0.0.7', '[fd00::1]', 'evil@127.0.0.1', '127.0.0.1/evil', '127.0.0.1:3000:1'],
  ])('to the host "%s" is not answered where everybody may do everything', async (host) => {
    const refused = { status: 421, code: 'host-refused' };
    for (const method of ['GET', 'POST'] as const) {
      // What a page sends whose name leads to this machine by now: to the browser it is its own.
      const origin = `http://${host}`;
      expect(await ask('open', { method, host, origin })).toEqual(refused);
      expect(await ask('open', { method, host })).toEqual(refused);
    }
    expect(changes).toBe(0);
  });

  it('to any host is answered where a token is needed', async () => {
    expect(await ask('guarded', { host: 'uplift.example.com' })).toMatchObject({ status: 200 });
  });

  const FOREIGN = [
    ...['https://evil.example', 'http://127.0.0.1:8080', 'http://localhost:3000', 'null', ''],
    ...[
      'http://127.0.0.1:3000, https://evil.example',
      'ftp://127.0.0.1:3000',
      'http://evil@127.0.0.1:3000',
    ],
    ...['https://ops.example.com.evil.example', 'file://'],
  ];

  it.each(FOREIGN)('from a page of "%s" changes nothing', async (origin) => {
    const refused = { status: 403, code: 'origin-refused' };
    const forms = ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data'];
    const callback = '/api/instance/7/health/running-unhealthy?token=x';
    for (const name of ['open', 'guarded', 'trusting'] as const) {
      for (const type of forms) {
        expect(await ask(name, { method: 'POST', type, origin })).toEqual(refused);
      }
      expect(await ask(name, { url: callback, origin })).toEqual(refused);
    }
    expect(changes).toBe(0);
    expect(await ask('open', { origin })).toMatchObject({ status: 200 });
  });

  it.each([
    ['without an origin', {}],
    ['from a page of its own', { origin: 'http://127.0.0.1:3000' }],
    ['from its own behind TLS', { origin: 'https://up.example.com', host: 'up.example.com' }],
    ['the same with the port', { origin: 'https://up.example.com', host: 'UP.example.com:443' }],
  ])('%s may change something', async (_what, sent) => {
    expect((await ask('guarded', { method: 'POST', ...sent })).status).toBe(201);
    expect(changes).toBe(1);
  });

  it('from a page that is trusted may change something', async () => {
    const origin = 'https://ops.example.com';
    expect((await ask('trusting', { method: 'POST', origin })).status).toBe(201);
    expect((await ask('guarded', { method: 'POST', origin })).status).toBe(403);
  });
});

describe('the origins that are trusted', () => {
  const read = (text: string) =>
    trustedOriginsOf(readConfiguration(['httpOrigins'], { UPLIFT_HTTP_ORIGINS: text }));

  it('are taken as a browser writes them', () => {
    expect(read('https://a.example,http://b.example:8080').includes('https://a.example')).toBe(
      true,
    );
    expect(read('').includes('https://a.example')).toBe(false);
  });

  it.each([
    '*',
    'null',
    'a.example',
    'https://a.example/',
    'https://A.example',
    'https://a.example:443',
  ])('keep the service from starting as %s', (text) => {
    expect(() => read(text)).toThrow(/UPLIFT_HTTP_ORIGINS takes origins/);
  });
});
