import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiClient, readServerSentEvents } from './api-client';
import { EXIT } from './exit-code';

const PROBLEM = { type: '/problems#x', title: 'No', detail: 'not like this', code: 'not-so' };

describe('the API client', () => {
  let server: Server;
  let answer: { status: number; body: unknown };
  let client: ApiClient;

  beforeAll(async () => {
    server = createServer((_request, response) => {
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer.body));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    client = new ApiClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });

  afterAll(() => new Promise((closed) => server.close(closed)));

  it('hands over what the API answers', async () => {
    answer = { status: 202, body: { upgradeId: 'u' } };
    await expect(client.json('/v1/x', { method: 'POST', body: {} })).resolves.toEqual({
      upgradeId: 'u',
    });
  });

  it.each([
    [409, EXIT.refused],
    [422, EXIT.refused],
    [404, EXIT.refused],
    [503, EXIT.unreachable],
    [504, EXIT.timedOut],
    [500, EXIT.failed],
  ])(
    'turns a problem with status %d into exit code %d, with its document',
    async (status, exitCode) => {
      const document = { ...PROBLEM, status, errors: [{ pointer: '/reason', detail: 'too long' }] };
      answer = { status, body: document };
      await expect(client.json('/v1/x')).rejects.toMatchObject({
        exitCode,
        document,
        message: 'not like this [not-so] /reason: too long',
      });
    },
  );

  it('does not take an answer of somebody else for a problem of the API', async () => {
    answer = { status: 418, body: 'teapot' };
    await expect(client.json('/v1/x')).rejects.toMatchObject({
      exitCode: EXIT.failed,
      message: 'The command API answered 418',
    });
  });

  it('says where it looked when nobody listens', async () => {
    await expect(new ApiClient('http://127.0.0.1:1').json('/')).rejects.toMatchObject({
      exitCode: EXIT.unreachable,
      message: expect.stringContaining('http://127.0.0.1:1') as string,
    });
  });
});

async function parsed(...chunks: string[]) {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      chunks.forEach((chunk) => controller.enqueue(encoder.encode(chunk)));
      controller.close();
    },
  });
  const events = [];
  for await (const event of readServerSentEvents(new Response(body))) events.push(event);
  return events;
}

describe('a stream of server-sent events', () => {
  it('yields id, type and data', async () => {
    expect(await parsed('id: 7\nevent: event\ndata: {"a":1}\n\n')).toEqual([
      { id: '7', type: 'event', data: '{"a":1}' },
    ]);
  });

  it('joins what the network cut', async () => {
    expect(await parsed('id: 1\nda', 'ta: x\n', '\nid: 2\ndata: y\n\n')).toEqual([
      { id: '1', type: 'message', data: 'x' },
      { id: '2', type: 'message', data: 'y' },
    ]);
  });

  it('joins lines of data and skips comments and retry hints', async () => {
    expect(await parsed(': heartbeat\n\nretry: 3000\n\ndata: a\ndata: b\n\n')).toEqual([
      { id: null, type: 'message', data: 'a\nb' },
    ]);
  });
});
