import type { DeliveryState, WebhookDeliveryDocument, WebhookDocument } from '@uplift/contracts';
import type { Labels } from '@uplift/domain';
import type { WebhookDatabase } from './postgres.database';
import { claimedFrom } from './postgres.delivery-queue';
import type { ClaimedWebhook, CreateOutcome, KeptSecret, NewWebhook } from './webhook-store.port';
import { WebhookRegistry } from './webhook-store.port';

/** One after the other: there may be so many and no more. */
const LOCK = 'select from uplift_webhooks.progress for update';
const COUNT = 'select count(*)::int as count from uplift_webhooks.webhooks';
const CREATE = `
  insert into uplift_webhooks.webhooks
    (webhook_id, url, format, events, labels, description, secrets, since, created_by)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;
const DOCUMENTS = `
  select webhook_id, url, format, events, labels, description, secrets, created_by, created_at,
    failing_since, waiting.pending, waiting.oldest, now() as now
  from uplift_webhooks.webhooks as known, lateral (
    select count(*)::int as pending, min(recorded_at) as oldest from uplift_webhooks.deliveries
    where deliveries.webhook_id = known.webhook_id and state = 'pending') as waiting`;
const FIND = `
  select webhook_id, url, format, secrets, failures from uplift_webhooks.webhooks
  where webhook_id = $1`;
const SECRETS = `
  select secrets, now() as now from uplift_webhooks.webhooks where webhook_id = $1 for update`;
const ROTATE = 'update uplift_webhooks.webhooks set secrets = $2 where webhook_id = $1';
const DELIVERIES = `
  select place, event_id, instance_id, event, recorded_at, state, attempts, attempted_at, due_at,
    status, detail, duration_ms
  from uplift_webhooks.deliveries
  where webhook_id = $1 and ($2::text is null or state = $2) and ($3::bigint is null or place < $3)
  order by place desc limit $4`;
const AGAIN = `
  update uplift_webhooks.deliveries set state = 'pending', queued_at = now(), due_at = now()
  where webhook_id = $1`;
const AGAIN_ONE = `${AGAIN} and event_id = $2 returning event_id`;
const AGAIN_FAILED = `${AGAIN} and state = 'failed'
  and recorded_at between coalesce($2::timestamptz, '-infinity') and coalesce($3::timestamptz, 'infinity')
  returning event_id`;

const HOUR_MS = 3_600_000;
/** One whose answer was lost is replaced by another one, and its receiver may know any of them. */
const MOST_SECRETS = 4;

interface WebhookRow {
  readonly webhook_id: string;
  readonly url: string;
  readonly format: WebhookDocument['format'];
  readonly events: readonly string[] | null;
  readonly labels: Labels;
  readonly description: string;
  readonly secrets: readonly KeptSecret[];
  readonly created_by: string;
  readonly created_at: Date;
  readonly failing_since: Date | null;
  readonly pending: number;
  readonly oldest: Date | null;
  readonly now: Date;
}

interface DeliveryRow {
  readonly place: string;
  readonly event_id: string;
  readonly instance_id: string;
  readonly event: string;
  readonly recorded_at: Date;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly attempted_at: Date | null;
  readonly due_at: Date;
  readonly status: number | null;
  readonly detail: string;
  readonly duration_ms: number | null;
}

export class PostgresWebhookRegistry extends WebhookRegistry {
  constructor(private readonly database: WebhookDatabase) {
    super();
  }

  override create(webhook: NewWebhook, most: number): Promise<CreateOutcome> {
    const { webhookId, url, format, events, labels, description, createdBy, since } = webhook;
    return this.database.transaction(async ({ query }) => {
      await query(LOCK);
      const find = async () =>
        (await query<WebhookRow>(`${DOCUMENTS} where webhook_id = $1`, [webhookId])).map(shown)[0];
      const known = await find();
      if (known) {
        return isSame(known, webhook)
          ? { kind: 'repeated', webhook: known }
          : { kind: 'other-content' };
      }
      const [counted] = await query<{ readonly count: number }>(COUNT);
      if ((counted?.count ?? 0) >= most) return { kind: 'too-many' };
      const secrets: readonly KeptSecret[] = [{ sealed: webhook.sealedSecret, until: null }];
      await query(CREATE, [
        ...[webhookId, url, format, events === null ? null : JSON.stringify(events)],
        ...[JSON.stringify(labels), description, JSON.stringify(secrets), since, createdBy],
      ]);
      const created = await find();
      if (created === undefined) throw new Error('The webhook is not there');
      return { kind: 'created', webhook: created };
    });
  }

  override async list(): Promise<readonly WebhookDocument[]> {
    const rows = await this.database.query<WebhookRow>(
      `${DOCUMENTS} order by created_at, webhook_id`,
    );
    return rows.map(shown);
  }

  override async find(webhookId: string): Promise<ClaimedWebhook | null> {
    const [row] = await this.database.query<Parameters<typeof claimedFrom>[0]>(FIND, [webhookId]);
    return row === undefined ? null : claimedFrom(row);
  }

  override async delete(webhookId: string): Promise<void> {
    await this.database.query('delete from uplift_webhooks.webhooks where webhook_id = $1', [
      webhookId,
    ]);
  }

  override rotate(webhookId: string, sealed: string, overlapHours: number): Promise<string | null> {
    return this.database.transaction(async ({ query }) => {
      const [row] = await query<Pick<WebhookRow, 'secrets' | 'now'>>(SECRETS, [webhookId]);
      if (row === undefined) return null;
      const ends = row.now.getTime() + overlapHours * HOUR_MS;
      const others = row.secrets.map((secret) => ({
        ...secret,
        until: new Date(Math.min(endOf(secret), ends)).toISOString(),
      }));
      const good = others.filter((secret) => endOf(secret) > row.now.getTime());
      const secrets = [{ sealed, until: null }, ...good].slice(0, MOST_SECRETS);
      await query(ROTATE, [webhookId, JSON.stringify(secrets)]);
      return secrets[1]?.until ?? null;
    });
  }

  override async deliveries(
    webhookId: string,
    page: { readonly limit: number; readonly state?: DeliveryState; readonly cursor?: string },
  ) {
    const { limit, state = null, cursor = null } = page;
    const rows = await this.database.query<DeliveryRow>(DELIVERIES, [
      ...[webhookId, state, cursor, limit + 1],
    ]);
    const items = rows.slice(0, limit);
    const nextCursor = rows.length > limit ? String(items.at(-1)?.place) : null;
    return { items: items.map(deliveryShown), nextCursor };
  }

  override async replay(
    webhookId: string,
    which: { readonly eventId?: string; readonly since?: string; readonly until?: string },
  ): Promise<number> {
    const { eventId, since = null, until = null } = which;
    const rows =
      eventId === undefined
        ? await this.database.query(AGAIN_FAILED, [webhookId, since, until])
        : await this.database.query(AGAIN_ONE, [webhookId, eventId]);
    return rows.length;
  }
}

function endOf({ until }: KeptSecret): number {
  return until === null ? Infinity : Date.parse(until);
}

function isSame(known: WebhookDocument, asked: NewWebhook): boolean {
  const contentOf = (one: WebhookDocument | NewWebhook) =>
    JSON.stringify([
      ...[one.url, one.format, one.events, one.description],
      Object.entries(one.labels).sort(([a], [b]) => (a < b ? -1 : 1)),
    ]);
  return contentOf(known) === contentOf(asked);
}

function shown(row: WebhookRow): WebhookDocument {
  const { webhook_id: webhookId, url, format, events, labels, description, pending } = row;
  return {
    ...{ webhookId, url, format, events, labels, description },
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    pending,
    oldestPendingAt: row.oldest?.toISOString() ?? null,
    failingSince: row.failing_since?.toISOString() ?? null,
    previousSecretUntil: previousSecretUntil(row),
  };
}

function previousSecretUntil({ secrets: [, previous], now }: WebhookRow): string | null {
  const isGood = previous !== undefined && endOf(previous) > now.getTime();
  return isGood ? previous.until : null;
}

function deliveryShown(row: DeliveryRow): WebhookDeliveryDocument {
  return {
    eventId: row.event_id,
    instanceId: row.instance_id,
    event: row.event,
    recordedAt: row.recorded_at.toISOString(),
    state: row.state,
    attempts: row.attempts,
    lastAttemptAt: row.attempted_at?.toISOString() ?? null,
    nextAttemptAt: row.state === 'pending' ? row.due_at.toISOString() : null,
    status: row.status,
    detail: row.detail,
    durationMs: row.duration_ms,
  };
}
