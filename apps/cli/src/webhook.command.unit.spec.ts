import { EXIT } from './exit-code';
import { scriptedForAll } from './testing/scripted-api';
import { webhookCommand } from './webhook.command';

const ID = '11111111-1111-4111-8111-111111111111';
const URL = 'https://shop.example.com/hooks';
const CREATE = ['create', '--url', URL, '--description', 'the shop'];
const WEBHOOK = {
  ...{ webhookId: ID, url: URL, format: 'polydock', events: null, labels: { tenant: 'berlin' } },
  ...{ description: 'the shop', createdBy: 'operator-7', createdAt: '2026-03-01T10:00:00.000Z' },
  ...{ pending: 0, oldestPendingAt: null, failingSince: null, previousSecretUntil: null },
};

describe('uplift webhook', () => {
  const { api, context } = scriptedForAll({ body: {} });

  it('creates a webhook and shows its secret', async () => {
    api.answers.set('/v1/webhooks', { body: { webhook: WEBHOOK, secret: 'whsec_x', links: {} } });
    const limits = ['--event', 'UpgradeFailed', 'UpgradeCompleted', '--label', 'tenant=berlin'];
    await context.run(webhookCommand, ...CREATE, ...limits, '--key', 'k');
    expect(api.asked).toMatchObject([
      {
        path: '/v1/webhooks',
        key: 'k',
        body: {
          ...{ url: URL, format: 'polydock', description: 'the shop' },
          ...{ events: ['UpgradeFailed', 'UpgradeCompleted'], labels: { tenant: 'berlin' } },
        },
      },
    ]);
    expect(context.rows).toMatchObject([{ webhookId: ID, secret: 'whsec_x' }]);
    expect(context.said).toEqual([]);
  });

  it('says how to get a secret where its key was used before', async () => {
    api.answers.set('/v1/webhooks', { body: { webhook: WEBHOOK, secret: null, links: {} } });
    await context.run(webhookCommand, ...CREATE);
    expect(context.said).toEqual([expect.stringContaining(`rotate-secret ${ID}`)]);
  });

  it('lists webhooks, and what they are told of in words', async () => {
    api.answers.set('/v1/webhooks', { body: { items: [WEBHOOK] } });
    await context.run(webhookCommand, 'list');
    expect(context.rows).toMatchObject([
      { webhookId: ID, events: 'all', labels: 'tenant=berlin', pending: 0 },
    ]);
  });

  it('shows a page of deliveries, and how to see the next', async () => {
    const path = `/v1/webhooks/${ID}/deliveries`;
    api.answers.set(path, { body: { webhookId: ID, items: [{ eventId: 'e' }], nextCursor: '7' } });
    await context.run(webhookCommand, 'deliveries', ID, '--state', 'failed', '--limit', '1');
    expect(api.asked).toMatchObject([{ path: `${path}?limit=1&state=failed` }]);
    expect(context.rows).toEqual([{ eventId: 'e' }]);
    expect(context.said).toEqual([expect.stringContaining('There are more: --cursor 7')]);
  });

  it.each<[readonly string[], string, object]>([
    [['replay', ID], 'replay', {}],
    [['replay', ID, '--event', ID], 'replay', { eventId: ID }],
    [
      ['replay', ID, '--since', '2026-03-01T10:00:00Z', '--until', '2026-03-02T10:00:00Z'],
      'replay',
      { since: '2026-03-01T10:00:00Z', until: '2026-03-02T10:00:00Z' },
    ],
    [['rotate-secret', ID], 'rotate-secret', { overlapHours: 24 }],
    [['rotate-secret', ID, '--overlap-hours', '0'], 'rotate-secret', { overlapHours: 0 }],
  ])('sends %j', async (line, verb, body) => {
    await context.run(webhookCommand, ...line);
    expect(api.asked).toMatchObject([{ path: `/v1/webhooks/${ID}/${verb}`, body }]);
  });

  it('deletes a webhook', async () => {
    api.answers.set(`/v1/webhooks/${ID}`, { body: { webhookId: ID, deleted: true } });
    await context.run(webhookCommand, 'delete', ID);
    expect(context.rows).toEqual([{ webhookId: ID, deleted: true }]);
  });

  it('fails with what the receiver of a test has answered, unless it is good', async () => {
    const told = { webhookId: ID, deliveryId: ID, status: 503, durationMs: 3 };
    const path = `/v1/webhooks/${ID}/test`;
    api.answers.set(path, { body: { ...told, delivered: false, detail: 'answered 503' } });
    const failed = context.run(webhookCommand, 'test', ID);
    await expect(failed).rejects.toMatchObject({ exitCode: EXIT.failed, message: 'answered 503' });
    api.answers.set(path, { body: { ...told, delivered: true, status: 204, detail: 'good' } });
    await context.run(webhookCommand, 'test', ID);
  });

  it.each([
    [['create', '--url', URL], /--description/],
    [[...CREATE, '--format', 'xml'], /polydock, cloudevents/],
    [[...CREATE, '--event', 'Nothing'], /Allowed choices/],
    [['deliveries', ID, '--limit', '0'], /whole number from 1 to 100/],
    [['deliveries', ID, '--limit', '7.5'], /whole number/],
    [['rotate-secret', ID, '--overlap-hours', '169'], /from 0 to 168/],
    [['rotate-secret', ID, '--overlap-hours', ''], /from 0 to 168/],
  ])('sends nothing for %j', async (line, words) => {
    await expect(context.run(webhookCommand, ...line)).rejects.toThrow(words);
    expect(api.asked).toEqual([]);
  });
});
