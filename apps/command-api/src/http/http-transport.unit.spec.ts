import 'reflect-metadata';
import { Body, Controller, Module, Post } from '@nestjs/common';
import { refusal } from '@uplift/contracts';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Clock, Health, Metrics, NO_TRACING, Tracing } from '@uplift/runtime';
import { VirtualClock } from '@uplift/runtime/testing';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { AccessPolicy } from '@uplift/access';
import { CommandLimiter, CommandLimits } from '../commands/command-limiter';
import { TrustedOrigins } from './foreign-requests';
import { configureHttp, FASTIFY_OPTIONS } from './http-transport';

const PATH = '/commands';
const LIMIT = 100 * 1_024;

@Controller('commands')
class Commands {
  @Post()
  take(@Body() body: { text: string }) {
    return { length: body.text.length };
  }
}

@Controller('v1/instances/import')
class Imports {
  @Post()
  refuse() {
    throw refusal('credentials-missing', 'Send a token');
  }
}

@Module({})
class Root {}

let app: NestFastifyApplication;
let clock: VirtualClock;

beforeEach(async () => {
  clock = new VirtualClock();
  const limits = new CommandLimits({ commandsUnderWay: 8, commandsQueued: 8 });
  const health = new Health(clock);
  const limiter = new CommandLimiter(limits, clock, new Metrics('command-api'), health);
  const providers = [
    { provide: Clock, useValue: clock },
    { provide: CommandLimiter, useValue: limiter },
    { provide: AccessPolicy, useValue: new AccessPolicy(false) },
    { provide: TrustedOrigins, useValue: new TrustedOrigins() },
    { provide: Tracing, useValue: NO_TRACING },
  ];
  const root = { module: Root, controllers: [Commands, Imports], providers };
  const adapter = new FastifyAdapter(FASTIFY_OPTIONS);
  app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    logger: false,
    forceCloseConnections: true,
  });
  configureHttp(app);
  await app.init();
});

afterEach(() => app.close());

async function answerTo(payload: string, type = 'application/json') {
  const headers = { 'content-type': type };
  const { statusCode, body } = await app.inject({ method: 'POST', url: PATH, headers, payload });
  return { status: statusCode, ...(JSON.parse(body) as Record<string, unknown>) };
}

/** A body of so many bytes. */
const sized = (bytes: number) => JSON.stringify({ text: 'x'.repeat(bytes - 11) });

describe('a body over HTTP', () => {
  it('of more than 100 KiB is refused', async () => {
    expect(await answerTo(sized(LIMIT))).toMatchObject({ status: 201, length: LIMIT - 11 });
    expect(await answerTo(sized(LIMIT + 1))).toMatchObject({ status: 413, code: 'body-too-large' });
    expect(await answerTo(sized(LIMIT + 1), 'text/plain')).toMatchObject({ status: 413 });
  });

  it.each(['{', '{"text":"x"}}', '\u0000'])('that is no JSON is refused: %j', async (text) => {
    expect(await answerTo(text)).toMatchObject({ status: 400, code: 'malformed-json' });
  });

  it('that does not come within a minute is cut off', async () => {
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    const begun = once(app.getHttpServer(), 'request') as Promise<[IncomingMessage]>;
    socket.write(`POST ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n`);
    socket.write('Content-Length: 20\r\n\r\n{');
    const [request] = await begun;
    await clock.advance(59_000);
    expect([answer, request.socket.writableEnded]).toEqual(['', false]);
    await clock.advance(1_000);
    expect(request.socket.writableEnded).toBe(true);
    await closed;
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
  });
});

it('refuses what a page of another address sends, with its document', async () => {
  const headers = { origin: 'https://evil.example', 'content-type': 'text/plain' };
  const answer = await app.inject({ method: 'POST', url: PATH, headers, payload: 'x' });
  expect(answer.statusCode).toBe(403);
  expect(answer.json()).toMatchObject({ code: 'origin-refused' });
});

it('closes the connection of an import that is refused, whose lines may never end', async () => {
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  const ended = once(socket, 'end');
  socket.write('POST /v1/instances/import HTTP/1.1\r\nHost: a\r\n');
  socket.write('Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n');
  socket.write('2\r\n{}\r\n');
  await ended;
  expect(answer).toMatch(/^HTTP\/1.1 401 .*connection: close/is);
  socket.destroy();
});

it('answers headers that do not come in time with 408 and a problem', () => {
  const said: string[] = [];
  const socket = {
    writable: true,
    write: (text: string) => said.push(text),
    destroySoon: () => undefined,
  };
  const error = Object.assign(new Error('slow'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
  app.getHttpServer().emit('clientError', error, socket);
  expect(said.join('')).toMatch(/^HTTP\/1\.1 408 .*application\/problem\+json.*"status":408/s);
});
