import { randomUUID } from 'node:crypto';
import type { BusConnection, IncomingRequest } from '@uplift/bus';
import { BusClient } from '@uplift/bus';
import type { ProblemError, WebhookRequestName } from '@uplift/contracts';
import { BUS_COMMAND_SUBJECTS, encodeProblem, problem, WEBHOOK_SUBJECTS } from '@uplift/contracts';
import { ServicesInProcess } from '../../fuzz/services-in-process';

const ID = '11111111-1111-4111-8111-111111111111';
const UNKNOWN = '0e5cf5b4-3c53-4d4e-9f0e-8b2a6b0c7d11';
const WEBHOOK = { url: 'https://shop.example.com/hooks', format: 'polydock', description: 'shop' };

interface Body {
  readonly webhookId?: string;
}

interface Asked {
  readonly name: string;
  readonly body: Body;
}

/** In the place of the service that keeps webhooks: it repeats what it was asked, or refuses it. */
function standIn(connection: BusConnection, asked: Asked[]) {
  const refused = problem('webhook-unknown', 'There is no webhook');
  const endpoints = Object.entries(WEBHOOK_SUBJECTS).map(([name, subject]) => ({
    ...{ name, subject, metadata: {} },
    onRequest: (request: IncomingRequest) => {
      const body = JSON.parse(Buffer.from(request.payload).toString('utf8')) as Body;
      asked.push({ name, body });
      const { webhookId } = body;
      const isUnknown = webhookId !== undefined && webhookId !== ID && name !== 'create';
      const answer = { headers: {}, payload: Buffer.from(JSON.stringify(answerOf(name))) };
      request.respond(isUnknown ? encodeProblem({ kind: 'json' }, refused) : answer);
    },
  }));
  return connection.serve({ name: 'uplift-webhooks', version: '1.0.0', endpoints });
}

function answerOf(name: string): object {
  if (name === 'list') return { items: [{ webhookId: ID }, { webhookId: randomUUID() }] };
  return { webhookId: ID, name };
}

describe('webhooks at the command API', () => {
  let services: ServicesInProcess;
  let asked: Asked[];
  let end: () => Promise<void>;

  beforeAll(async () => {
    services = await ServicesInProcess.start();
  });

  beforeEach(async () => {
    asked = [];
    end = await standIn(services.connect('webhooks'), asked);
  });

  afterEach(() => end());
  afterAll(() => services.stop());

  async function overHttp(method: string, path: string, body?: object, key?: string) {
    const response = await fetch(`http://127.0.0.1:${services.port}/v1/webhooks${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  async function overBus(subject: string, body: object, idempotencyKey = randomUUID()) {
    const client = new BusClient(services.connect('client'));
    try {
      return { status: 200, body: await client.request(subject, body, { idempotencyKey }) };
    } catch (error) {
      const document = (error as ProblemError).problem;
      return { status: document.status, body: document };
    }
  }

  const C = BUS_COMMAND_SUBJECTS;
  const cases: readonly (readonly [
    name: WebhookRequestName,
    http: readonly [method: string, path: string, body?: object],
    bus: readonly [subject: string, body: object],
    forwarded: object,
  ])[] = [
    ['list', ['GET', ''], [C.listWebhooks, {}], {}],
    ['delete', ['DELETE', `/${ID}`], [C.deleteWebhook, { webhookId: ID }], { webhookId: ID }],
    [
      'deliveries',
      ['GET', `/${ID}/deliveries?state=failed&limit=7`],
      [C.listWebhookDeliveries, { webhookId: ID, state: 'failed', limit: 7 }],
      { webhookId: ID, state: 'failed', limit: 7 },
    ],
    [
      'deliveries',
      ['GET', `/${ID}/deliveries`],
      [C.listWebhookDeliveries, { webhookId: ID }],
      { webhookId: ID, limit: 50 },
    ],
    [
      'replay',
      ['POST', `/${ID}/replay`, { eventId: ID }],
      [C.replayWebhook, { webhookId: ID, eventId: ID }],
      { webhookId: ID, eventId: ID },
    ],
    [
      'rotateSecret',
      ['POST', `/${ID}/rotate-secret`, {}],
      [C.rotateWebhookSecret, { webhookId: ID }],
      { webhookId: ID, overlapHours: 24 },
    ],
    ['test', ['POST', `/${ID}/test`], [C.testWebhook, { webhookId: ID }], { webhookId: ID }],
  ];

  it.each(cases)('%s is the same over HTTP and the bus', async (name, http, bus, forwarded) => {
    const [one, other] = [await overHttp(...http), await overBus(...bus)];
    expect(one.status).toBe(200);
    expect(asked).toEqual([
      { name, body: forwarded },
      { name, body: forwarded },
    ]);
    if (name !== 'list') expect(other).toEqual(one);
  });

  it('create names the webhook by its key, and who asks', async () => {
    const key = randomUUID();
    await overHttp('POST', '', WEBHOOK, key);
    await overBus(C.createWebhook, WEBHOOK, key);
    await overHttp('POST', '', WEBHOOK, randomUUID());
    const [one, same, another] = asked.map(({ body }) => body);
    expect(one).toEqual({
      ...{ ...WEBHOOK, events: null, labels: {}, createdBy: 'anonymous' },
      webhookId: expect.any(String) as unknown,
    });
    expect(same).toEqual(one);
    expect(another?.webhookId).not.toBe(one?.webhookId);
  });

  it('refuses what it can refuse without asking', async () => {
    const codes = [
      await overHttp('POST', '', WEBHOOK),
      await overHttp('POST', '', { ...WEBHOOK, url: 'shop' }, 'k'),
      await overHttp('POST', '', { ...WEBHOOK, format: 'xml' }, 'k'),
      await overHttp('POST', '', { ...WEBHOOK, events: ['Nothing'] }, 'k'),
      await overHttp('GET', '/7/deliveries'),
      await overHttp('GET', `/${ID}/deliveries?state=lost`),
      await overHttp('POST', `/${ID}/rotate-secret`, { overlapHours: 169 }),
      await overBus(C.listWebhooks, { webhookId: 7 }),
    ].map(({ body }) => (body as { readonly code: string }).code);
    expect(codes).toEqual(['idempotency-key-missing', ...Array<string>(7).fill('invalid-input')]);
    expect(asked).toEqual([]);
  });

  const bad: readonly (readonly [
    http: readonly [string, string, object?],
    bus: readonly [string, object],
  ])[] = [
    [
      ['POST', '', { ...WEBHOOK, url: 'shop' }],
      [C.createWebhook, { ...WEBHOOK, url: 'shop' }],
    ],
    [
      ['POST', '', { ...WEBHOOK, events: ['Nothing'], surplus: 1 }],
      [C.createWebhook, { ...WEBHOOK, events: ['Nothing'], surplus: 1 }],
    ],
    [
      ['GET', `/${ID}/deliveries?state=lost`],
      [C.listWebhookDeliveries, { webhookId: ID, state: 'lost' }],
    ],
    [
      ['POST', `/${ID}/replay`, { since: 'yesterday' }],
      [C.replayWebhook, { webhookId: ID, since: 'yesterday' }],
    ],
    [
      ['POST', `/${ID}/rotate-secret`, { overlapHours: 169 }],
      [C.rotateWebhookSecret, { webhookId: ID, overlapHours: 169 }],
    ],
    [
      ['POST', `/${UNKNOWN}/test`],
      [C.testWebhook, { webhookId: UNKNOWN }],
    ],
  ];

  it.each(bad)('refuses %j in the same words over HTTP and the bus', async (http, bus) => {
    const [method, path, body] = http;
    const one = await overHttp(method, path, body, randomUUID());
    const other = await overBus(...bus);
    expect(one.status).toBeGreaterThanOrEqual(400);
    expect(JSON.stringify(other)).toBe(JSON.stringify(one));
  });

  it('says of each command at both doors that the service is away', async () => {
    await end();
    for (const [, http, bus] of cases) {
      const one = await overHttp(...http);
      expect(one).toMatchObject({ status: 503, body: { code: 'webhooks-unavailable' } });
      expect(JSON.stringify(await overBus(...bus))).toBe(JSON.stringify(one));
    }
  });

  it('shows only the webhook that is asked for on the bus', async () => {
    expect(await overBus(C.listWebhooks, { webhookId: ID })).toMatchObject({
      body: { items: [{ webhookId: ID }] },
    });
  });

  it('answers with the problem of the service, or that it is away', async () => {
    const unknown = await overHttp('POST', `/${randomUUID()}/test`);
    expect(unknown).toMatchObject({ status: 404, body: { code: 'webhook-unknown' } });
    await end();
    const away = await overHttp('GET', '');
    expect(away).toMatchObject({ status: 503, body: { code: 'webhooks-unavailable' } });
    expect((await overBus(C.listWebhooks, {})).body).toEqual(away.body);
  });
});
