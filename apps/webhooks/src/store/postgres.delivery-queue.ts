import type { WebhookDatabase } from './postgres.database';
import type {
  Attempt,
  ClaimedWebhook,
  KeptSecret,
  Lease,
  QueueCounts,
  QueuedDelivery,
} from './webhook-store.port';
import { DeliveryQueue } from './webhook-store.port';

export interface QueueTimes {
  /** How long a webhook stays with a process that says nothing more. */
  readonly leaseMs: number;
  /** From when on a delivery that fails again is given up. */
  readonly giveUpMs: number;
  readonly keepDays: number;
}

const LEASED = `lease_owner = $2 and lease_until > now()`;
const PROLONGED = `lease_until = now() + $3 * interval '1 ms'`;

const CLAIM = `
  update uplift_webhooks.webhooks as claimed
  set lease_owner = $1, lease_until = now() + $2 * interval '1 ms'
  where webhook_id in (
    select webhook_id from uplift_webhooks.webhooks as free
    where resting_until <= now() and (lease_owner = $1 or lease_until <= now()) and exists (
      select from uplift_webhooks.deliveries as waiting
      where waiting.webhook_id = free.webhook_id and state = 'pending' and due_at <= now())
    for update skip locked)
  returning webhook_id, url, format, secrets, failures`;
const PROLONG = `
  update uplift_webhooks.webhooks set ${PROLONGED} where webhook_id = $1 and ${LEASED}
  returning webhook_id`;
const DUE = `
  select event_id, instance_id, event, body, attempts from uplift_webhooks.deliveries as next
  where webhook_id = $1 and state = 'pending' and not exists (
    select from uplift_webhooks.deliveries as held
    where held.webhook_id = $1 and held.instance_id = next.instance_id
      and held.state = 'pending' and held.due_at > now())
  order by place limit $2`;
const SETTLE = `
  with held as (
    update uplift_webhooks.webhooks set ${PROLONGED},
      failures = case $4 when 'away' then $5::integer when 'delivered' then 0 else failures end,
      failing_since = case $4 when 'delivered' then null else coalesce(failing_since, now()) end,
      resting_until = case $4 when 'away' then now() + $6 * interval '1 ms'
        when 'delivered' then '-infinity' else resting_until end
    where webhook_id = $1 and ${LEASED} returning webhook_id)
  update uplift_webhooks.deliveries as made
  set attempts = attempts + 1, attempted_at = now(), status = $8, detail = $9, duration_ms = $10,
    due_at = now() + $11 * interval '1 ms',
    state = case when $4 = 'delivered' then 'delivered'
      when queued_at + $12 * interval '1 ms' <= now() then 'failed' else 'pending' end
  from held where made.webhook_id = held.webhook_id and event_id = $7
  returning event_id`;
const RELEASE = `
  update uplift_webhooks.webhooks set lease_owner = null, lease_until = '-infinity'
  where webhook_id = $1 and lease_owner = $2`;
const COUNTS = `
  select count(*)::int as pending,
    coalesce(extract(epoch from now() - min(recorded_at)), 0)::float as oldest,
    (select count(*)::int from uplift_webhooks.webhooks) as webhooks,
    (select count(*)::int from uplift_webhooks.webhooks where failing_since is not null) as failing
  from uplift_webhooks.deliveries where state = 'pending'`;
const MOST_FORGOTTEN = 5_000;
const FORGET = `
  with old as (select webhook_id, event_id from uplift_webhooks.deliveries
    where recorded_at < now() - $1 * interval '1 day' and state <> 'pending' limit ${MOST_FORGOTTEN})
  delete from uplift_webhooks.deliveries as kept using old
  where kept.webhook_id = old.webhook_id and kept.event_id = old.event_id returning kept.event_id`;

interface WebhookRow {
  readonly webhook_id: string;
  readonly url: string;
  readonly format: ClaimedWebhook['format'];
  readonly secrets: readonly KeptSecret[];
  readonly failures: number;
}

export function claimedFrom({ webhook_id: webhookId, ...others }: WebhookRow): ClaimedWebhook {
  return { webhookId, ...others };
}

export class PostgresDeliveryQueue extends DeliveryQueue {
  constructor(
    private readonly database: WebhookDatabase,
    private readonly times: QueueTimes,
  ) {
    super();
  }

  override async claim(owner: string): Promise<readonly ClaimedWebhook[]> {
    const rows = await this.database.query<WebhookRow>(CLAIM, [owner, this.times.leaseMs]);
    return rows.map(claimedFrom);
  }

  override async due(
    { webhookId, owner }: Lease,
    most: number,
  ): Promise<readonly QueuedDelivery[] | null> {
    const held = await this.database.query(PROLONG, [webhookId, owner, this.times.leaseMs]);
    if (held.length === 0) return null;
    const rows = await this.database.query<DeliveryRow>(DUE, [webhookId, most]);
    return rows.map(({ event_id: eventId, instance_id: instanceId, ...others }) => ({
      eventId,
      instanceId,
      ...others,
    }));
  }

  override async settle(
    { webhookId, owner }: Lease,
    { eventId }: QueuedDelivery,
    attempt: Attempt,
  ): Promise<boolean> {
    const { leaseMs, giveUpMs } = this.times;
    const { outcome, status, detail, durationMs, againInMs, failures, restMs } = attempt;
    const settled = await this.database.query(SETTLE, [
      ...[webhookId, owner, leaseMs, outcome, failures, restMs],
      ...[eventId, status, detail, durationMs, againInMs, giveUpMs],
    ]);
    return settled.length > 0;
  }

  override async release({ webhookId, owner }: Lease): Promise<void> {
    await this.database.query(RELEASE, [webhookId, owner]);
  }

  override async counts(): Promise<QueueCounts> {
    const [row] = await this.database.query<CountsRow>(COUNTS);
    const { pending = 0, oldest = 0, webhooks = 0, failing = 0 } = row ?? {};
    return { pending, oldestSeconds: oldest, webhooks, failingWebhooks: failing };
  }

  override async forgetOld(): Promise<number> {
    return (await this.database.query(FORGET, [this.times.keepDays])).length;
  }
}

interface DeliveryRow extends Omit<QueuedDelivery, 'eventId' | 'instanceId'> {
  readonly event_id: string;
  readonly instance_id: string;
}

interface CountsRow {
  readonly pending: number;
  readonly oldest: number;
  readonly webhooks: number;
  readonly failing: number;
}
