import { randomUUID } from 'node:crypto';
import type { NatsBusConnection } from '@uplift/bus';
import type { WebhookRequestName } from '@uplift/contracts';
import { instanceStream } from '@uplift/contracts';
import { IN_FLIGHT_STATUSES } from '@uplift/domain';
import { event, WHOLE_UPGRADE } from '@uplift/domain/testing';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import fc from 'fast-check';
import { migrateDatabase } from '../../../apps/projector/src/read-model/postgres.migration';
import type { TempFolder } from '../../../tools/stack/src';
import { createTempFolder, PostgresServer } from '../../../tools/stack/src';
import { fuzz } from '../../fuzz/fuzz';
import { eventually } from '../../support/eventually';
import { BusServer } from '../bus/bus-server';
import { appendTo, withUpgradeId, writeInstance } from '../projector/upgrade-histories';
import { RunningRelay } from '../relay/relay-fixture';
import { drawnRequests, expectAsPublished } from './drawn-requests';
import { isSigned, isSignedForPolydock, WebReceiver } from './web-receiver';
import { ANSWER_NAMES, RunningWebhooks, WebhookClient } from './running-webhooks';

const STATUSES = ['running-healthy-claimed', ...IN_FLIGHT_STATUSES, 'running-healthy-claimed'];

describe('webhooks on a real bus and a real database', () => {
  let folder: TempFolder;
  let postgres: PostgresServer;
  let server: BusServer;
  let store: InMemoryEventStore;
  let relay: RunningRelay;
  let url: string;
  let connection: NatsBusConnection;
  let client: WebhookClient;
  let running: RunningWebhooks[] = [];
  let receivers: WebReceiver[] = [];

  beforeAll(async () => {
    folder = await createTempFolder('uplift-webhooks');
    [postgres, server] = await Promise.all([
      PostgresServer.start({ dir: folder.path }),
      BusServer.start(),
    ]);
    const ownerUrl = postgres.urlOf('postgres');
    const webhooksUrl = postgres.urlOf('postgres', 'uplift_webhooks_sender');
    await migrateDatabase({
      ...{ ownerUrl, webhooksUrl, url: postgres.urlOf('postgres', 'uplift_projector') },
    });
    url = webhooksUrl;
    store = new InMemoryEventStore();
    relay = await RunningRelay.start(server, store);
    connection = await server.connect('command-api');
    client = new WebhookClient(connection);
  });

  beforeEach(async () => {
    await start();
    await followed();
  });

  afterEach(async () => {
    const { items } = await client.ask('list', {});
    for (const { webhookId } of items) await client.ask('delete', { webhookId });
    await Promise.all(running.map((each) => each.stop()));
    await Promise.all(receivers.map((each) => each.stop()));
    running = [];
    receivers = [];
  });

  afterAll(async () => {
    await connection.close();
    await relay.stop();
    await server.close();
    postgres.signal('SIGQUIT');
    await postgres.exited;
    await folder.remove();
  });

  async function start(
    changes: Parameters<typeof RunningWebhooks.start>[2] = {},
  ): Promise<RunningWebhooks> {
    const webhooks = await RunningWebhooks.start(server.access, url, changes);
    running.push(webhooks);
    return webhooks;
  }

  async function receiver(port?: number): Promise<WebReceiver> {
    const started = await WebReceiver.start(port);
    receivers.push(started);
    return started;
  }

  async function idsOf(instanceId: string): Promise<readonly string[]> {
    return (await store.load(instanceStream(instanceId))).map(({ id }) => id);
  }

  /** The ids of the events that came for an instance, as CloudEvents tell them. */
  function toldOf(instanceId: string, { calls }: WebReceiver): readonly string[] {
    const events = calls.map(({ body }) => JSON.parse(body) as Record<string, string>);
    return events.filter(({ subject }) => subject === instanceId).map(({ id }) => id ?? '');
  }

  /** Nothing of the bus is still to be queued: what is created now is told of what comes now. */
  const followed = () =>
    eventually(async () => {
      const { body } = await running[0]!.metrics.render();
      expect(body).toMatch(/^uplift_webhook_lag_events 0$/m);
    });

  const settled = (webhookId: string) =>
    eventually(async () => {
      const { items } = await client.ask('list', {});
      expect(items.find((each) => each.webhookId === webhookId)?.pending).toBe(0);
    });

  it.each(Object.keys(ANSWER_NAMES) as WebhookRequestName[])(
    'answers every request that fits its own schema as published: %s',
    async (name) => {
      const told = await receiver();
      const { webhook } = await client.create(told.url);
      await writeInstance(store);
      const property = fc.asyncProperty(drawnRequests(name, webhook), (request) =>
        expectAsPublished(name, client.ask(name, request as never)),
      );
      await fuzz({ edge: `webhooks/${name}`, runs: 20 }, property);
    },
  );

  it('tells every event of an instance once and in order, as a signed CloudEvent', async () => {
    const told = await receiver();
    const { secret } = await client.create(told.url);
    const { instanceId } = await writeInstance(store);
    const ids = await idsOf(instanceId);
    await told.told(ids.length);
    expect(toldOf(instanceId, told)).toEqual(ids);
    const [first] = told.calls;
    expect(first?.headers).toMatchObject({
      'content-type': 'application/cloudevents+json',
      'webhook-id': ids[0],
      'x-polydock-delivery': ids[0],
      'x-polydock-attempt': '1',
    });
    expect(JSON.parse(first?.body ?? '')).toMatchObject({
      specversion: '1.0',
      id: ids[0],
      type: 'io.uplift.instance.instance-registered.v1',
      source: `/uplift/instance/${instanceId}`,
      subject: instanceId,
      data: expect.objectContaining({ labels: { tenant: 'berlin' } }) as unknown,
    });
    expect(told.calls.every((call) => isSigned(call, String(secret)))).toBe(true);
  });

  it('tells a receiver of Polydock what becomes of each status', async () => {
    const told = await receiver();
    const { secret } = await client.create(told.url, { format: 'polydock' });
    const { instanceId } = await writeInstance(store);
    await told.told(STATUSES.length);
    const calls = told.calls.map(({ headers, body }) => ({
      event: headers['x-polydock-event'],
      ...(JSON.parse(body) as Record<string, unknown>),
    }));
    expect(calls.map(({ current_status: status }: Record<string, unknown>) => status)).toEqual(
      STATUSES,
    );
    expect(calls.map((call: Record<string, unknown>) => call.previous_status)).toEqual([
      null,
      ...STATUSES.slice(0, -1),
    ]);
    expect(calls[0]).toMatchObject({
      ...{ event: 'app_instance.created', app_instance_uuid: instanceId },
      store_app_name: 'anything-llm',
    });
    expect(calls[1]).toMatchObject({ event: 'app_instance.status_changed' });
    expect(told.calls.every((call) => isSignedForPolydock(call, String(secret)))).toBe(true);
  });

  it('tells of nothing that was before, or that is not asked for', async () => {
    const before = await writeInstance(store);
    await eventually(async () => expect(await stored()).toBe(await onBus()));
    await followed();
    const told = await receiver();
    await client.create(told.url, { events: ['UpgradeCompleted'], labels: { tenant: 'berlin' } });
    const elsewhere = await receiver();
    await client.create(elsewhere.url, { labels: { tenant: 'bern' } });
    const { instanceId } = await writeInstance(store);
    const later = await writeInstance(store);
    await told.told(2);
    expect(toldOf(before.instanceId, told)).toEqual([]);
    expect([instanceId, later.instanceId].map((id) => toldOf(id, told).length)).toEqual([1, 1]);
    expect(elsewhere.calls).toEqual([]);
  });

  const stored = async () => {
    let count = 0;
    for await (const { events, caughtUp } of store.subscribeToAll()) {
      count += events.length;
      if (caughtUp) break;
    }
    return count;
  };

  const onBus = async () => {
    const messages = await server.read(await connection.lastSequence());
    return messages.filter(({ headers }) => 'ce-id' in headers).length;
  };

  it('tells of labels as they are, also of characters that a database has no place for', async () => {
    const told = await receiver();
    const labels = { tenant: 'ber\0lin \ud800' };
    const { webhook } = await client.create(told.url, { labels });
    expect(webhook.labels).toEqual(labels);
    const { instanceId } = await writeInstance(store, [
      event('InstanceRegistered', { labels }),
      event('HealthReported'),
    ]);
    await told.told(2);
    expect(toldOf(instanceId, told)).toEqual(await idsOf(instanceId));
  });

  it('loses nothing for a receiver that is away, keeps its order, and holds up nobody else', async () => {
    const away = await receiver();
    const { port } = away;
    const { webhook } = await client.create(away.url);
    const there = await receiver();
    await client.create(there.url);
    await away.stop();
    receivers = receivers.filter((each) => each !== away);
    const written = [await writeInstance(store), await writeInstance(store)];
    await there.told(2 * WHOLE_UPGRADE.length);
    await eventually(async () => {
      const { items } = await client.ask('list', {});
      const shown = items.find(({ webhookId }) => webhookId === webhook.webhookId);
      expect(shown).toMatchObject({ pending: 2 * WHOLE_UPGRADE.length });
      expect(shown?.failingSince).not.toBeNull();
    });
    const back = await receiver(port);
    await back.told(2 * WHOLE_UPGRADE.length);
    for (const { instanceId } of written) {
      expect(toldOf(instanceId, back)).toEqual(await idsOf(instanceId));
    }
    await settled(webhook.webhookId);
  });

  it('sends a refused event again before it tells of a later one of the instance', async () => {
    const told = await receiver();
    const { webhook } = await client.create(told.url);
    let refused = 0;
    told.answer = (response) => {
      const isFirst = refused < 2;
      refused += Number(isFirst);
      response.writeHead(isFirst ? 422 : 200).end();
    };
    const { instanceId } = await writeInstance(store);
    const ids = await idsOf(instanceId);
    await told.told(ids.length + 2);
    expect(toldOf(instanceId, told)).toEqual([ids[0], ids[0], ...ids]);
    expect(told.calls.slice(0, 3).map(({ headers }) => headers['x-polydock-attempt'])).toEqual([
      ...['1', '2', '3'],
    ]);
    await settled(webhook.webhookId);
    const { items } = await client.ask('deliveries', { webhookId: webhook.webhookId, limit: 100 });
    expect(items.at(-1)).toMatchObject({ eventId: ids[0], state: 'delivered', attempts: 3 });
  });

  it('gives up what is refused for too long, goes on, and replays it under the same id', async () => {
    await start({ webhookGiveUpMs: 0 });
    await running.shift()?.stop();
    const told = await receiver();
    const { webhook } = await client.create(told.url, {
      events: ['UpgradeRequested', 'UpgradeCompleted'],
    });
    const { webhookId } = webhook;
    told.answerWith(422);
    const { instanceId } = await writeInstance(store);
    await told.told(2);
    await settled(webhookId);
    const page = () => client.ask('deliveries', { webhookId, state: 'failed', limit: 100 });
    const failed = (await page()).items;
    expect(failed).toMatchObject([
      { instanceId, status: 422, detail: 'answered 422', attempts: 1, nextAttemptAt: null },
      { instanceId, status: 422, attempts: 1 },
    ]);
    told.recover();
    expect(await client.ask('replay', { webhookId })).toMatchObject({ replayed: 2 });
    await told.told(4);
    await settled(webhookId);
    const replayed = told.calls.slice(2);
    expect(replayed.map(({ headers }) => headers['webhook-id'])).toEqual(
      failed.map(({ eventId }) => eventId).reverse(),
    );
    expect(replayed.map(({ headers }) => headers['x-polydock-attempt'])).toEqual(['2', '2']);
    expect((await page()).items).toEqual([]);
    const eventId = String(failed[0]?.eventId);
    expect(await client.ask('replay', { webhookId, eventId })).toMatchObject({ replayed: 1 });
    await told.told(5);
    expect(told.calls[4]?.headers['webhook-id']).toBe(eventId);
  });

  it('sends nothing twice when the bus is filled anew, and goes on with what is new', async () => {
    const told = await receiver();
    const { webhook } = await client.create(told.url);
    const { instanceId, head } = await writeInstance(store, WHOLE_UPGRADE.slice(0, 5));
    await told.told(5);
    await settled(webhook.webhookId);
    await server.wipe();
    await appendTo(
      store,
      instanceStream(instanceId),
      head,
      withUpgradeId(randomUUID(), WHOLE_UPGRADE.slice(5)),
    );
    await told.told(WHOLE_UPGRADE.length);
    await settled(webhook.webhookId);
    expect(toldOf(instanceId, told)).toEqual(await idsOf(instanceId));
  });

  it('goes on after a restart in the middle, with two processes or with one', async () => {
    const told = await receiver();
    const { webhook } = await client.create(told.url);
    await start();
    const instances = await Promise.all(Array.from({ length: 20 }, () => writeInstance(store)));
    await told.told(20);
    await running.shift()?.stop();
    await told.told(20 * WHOLE_UPGRADE.length);
    await settled(webhook.webhookId);
    for (const { instanceId } of instances) {
      expect(toldOf(instanceId, told)).toEqual(await idsOf(instanceId));
    }
  });

  it('passes over messages that are no events, or follow from none', async () => {
    const told = await receiver();
    await client.create(told.url);
    const nats = connection.nats;
    nats.publish('uplift.evt.v1.instance.upgrade-requested.x', 'garbage');
    await nats.flush();
    const { instanceId } = await writeInstance(store);
    await told.told(WHOLE_UPGRADE.length);
    expect(toldOf(instanceId, told)).toEqual(await idsOf(instanceId));
    const { body } = await running[0]!.metrics.render();
    expect(body).toMatch(/uplift_webhook_passed_over_events_total\{why="foreign"\} [1-9]/);
  });

  it('shows a secret once, keeps it sealed, and signs with both while one takes the place of the other', async () => {
    const told = await receiver();
    const created = await client.create(told.url);
    const { webhookId } = created.webhook;
    const repeated = await client.create(told.url, { webhookId });
    expect(repeated.secret).toBeNull();
    expect(JSON.stringify(await client.ask('list', {}))).not.toContain('whsec_');
    const rotated = await client.ask('rotateSecret', { webhookId, overlapHours: 1 });
    expect(Date.parse(String(rotated.previousSecretUntil))).toBeGreaterThan(Date.now());
    expect(await client.ask('test', { webhookId })).toMatchObject({ delivered: true, status: 204 });
    const [call] = told.calls;
    expect([created.secret, rotated.secret].map((one) => isSigned(call!, String(one)))).toEqual([
      ...[true, true],
    ]);
    expect(isSignedForPolydock(call!, String(created.secret))).toBe(true);
    await client.ask('rotateSecret', { webhookId, overlapHours: 0 });
    await client.ask('test', { webhookId });
    const second = told.calls[1]!;
    expect([created.secret, rotated.secret].map((one) => isSigned(second, String(one)))).toEqual([
      ...[false, false],
    ]);
  });

  it('refuses an address that must not be called, what is not there, and one too many', async () => {
    const refused = (code: string) => ({ problem: { code } });
    for (const bad of ['https://10.0.0.1/', 'http://example.com/', 'https://u:p@example.com/']) {
      await expect(client.create(bad)).rejects.toMatchObject(refused('webhook-url-refused'));
    }
    const told = await receiver();
    const { webhook } = await client.create(told.url);
    const { webhookId } = webhook;
    const other = client.create(`${told.url}&more=1`, { webhookId });
    await expect(other).rejects.toMatchObject(refused('idempotency-key-reused'));
    const eventId = randomUUID();
    const replayed = client.ask('replay', { webhookId, eventId });
    await expect(replayed).rejects.toMatchObject(refused('delivery-unknown'));
    expect(await client.ask('delete', { webhookId })).toMatchObject({ deleted: true });
    expect(await client.ask('delete', { webhookId })).toMatchObject({ deleted: false });
    const gone = client.ask('test', { webhookId });
    await expect(gone).rejects.toMatchObject(refused('webhook-unknown'));
    await start({ webhooksMost: 1 });
    await running.shift()?.stop();
    await client.create(told.url);
    const oneMore = client.create(told.url);
    await expect(oneMore).rejects.toMatchObject(refused('too-many-webhooks'));
  });
});
