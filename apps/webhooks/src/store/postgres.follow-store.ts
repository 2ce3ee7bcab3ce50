import type { MessageOnBus } from '@uplift/bus';
import type { InstanceView } from '@uplift/domain';
import { instancesIn } from '../follow/follow-events';
import type { Statements, WebhookDatabase } from './postgres.database';
import type { FollowedRun, Known, NewDelivery, Subscription } from './webhook-store.port';
import { AnotherStreamError, FollowStore } from './webhook-store.port';

interface Progress {
  readonly stream: string;
  readonly sequence: string;
}

const LOCK = 'select stream, sequence from uplift_webhooks.progress for update';
const MOVE = 'update uplift_webhooks.progress set stream = $1, sequence = $2';
const FIND_INSTANCES = `
  select instance_id, epoch, view from uplift_webhooks.instances where instance_id = any($1::uuid[])`;
const KEEP_INSTANCES = `
  insert into uplift_webhooks.instances (instance_id, epoch, view)
  select * from unnest($1::uuid[], $2::text[], $3::json[])
  on conflict (instance_id) do update set epoch = excluded.epoch, view = excluded.view`;
const SUBSCRIPTIONS = `
  select webhook_id, format, events, labels, since from uplift_webhooks.webhooks`;
/** In the order of their events, each once; of a webhook that has just been deleted there are none. */
const QUEUE = `
  insert into uplift_webhooks.deliveries (webhook_id, event_id, instance_id, event, recorded_at, body)
  select webhook_id, event_id, instance_id, event, recorded_at, body
  from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::text[])
    with ordinality as given (webhook_id, event_id, instance_id, event, recorded_at, body, n)
  where exists (select from uplift_webhooks.webhooks as known
    where known.webhook_id = given.webhook_id for key share)
  order by n
  on conflict (webhook_id, event_id) do nothing`;

/** Progress, instances and deliveries in one transaction; whoever comes second waits for whoever came first. */
export class PostgresFollowStore extends FollowStore {
  constructor(private readonly database: WebhookDatabase) {
    super();
  }

  override keptUpTo(stream: string, lastSequence: number): Promise<number> {
    return this.database.transaction(async (statements) => {
      const { stream: before, sequence } = await progressOf(statements);
      // A stream that is shorter than it was has been filled again from there on.
      const kept = before === stream ? Math.min(Number(sequence), lastSequence) : 0;
      if (before !== stream || kept !== Number(sequence)) {
        await statements.query(MOVE, [stream, kept]);
      }
      return kept;
    });
  }

  override async keep(
    stream: string,
    messages: readonly MessageOnBus[],
    follow: (fresh: readonly MessageOnBus[], known: Known) => FollowedRun,
  ): Promise<void> {
    await this.database.transaction(async (statements) => {
      const progress = await progressOf(statements);
      const sequence = Number(progress.sequence);
      const fresh = messages.filter((message) => message.sequence > sequence);
      const [first] = fresh;
      if (progress.stream !== stream) throw new AnotherStreamError();
      if (first === undefined) return;
      if (first.sequence !== sequence + 1) throw new AnotherStreamError();
      const run = follow(fresh, await knownTo(statements, fresh));
      await keepInstances(statements, run);
      await queue(statements, run.deliveries);
      await statements.query(MOVE, [stream, fresh.at(-1)?.sequence]);
    });
  }
}

async function progressOf(statements: Statements): Promise<Progress> {
  const [progress] = await statements.query<Progress>(LOCK);
  if (progress === undefined) throw new Error('The row of the progress is gone');
  return progress;
}

interface InstanceRow {
  readonly instance_id: string;
  readonly epoch: string;
  readonly view: InstanceView;
}

interface SubscriptionRow {
  readonly webhook_id: string;
  readonly format: Subscription['format'];
  readonly events: readonly string[] | null;
  readonly labels: Subscription['labels'];
  readonly since: Date;
}

async function knownTo(statements: Statements, fresh: readonly MessageOnBus[]): Promise<Known> {
  const instances = await statements.query<InstanceRow>(FIND_INSTANCES, [instancesIn(fresh)]);
  const subscriptions = await statements.query<SubscriptionRow>(SUBSCRIPTIONS);
  return {
    instances: new Map(
      instances.map(({ instance_id: id, epoch, view }) => [id, { epoch, view }] as const),
    ),
    subscriptions: subscriptions.map(({ webhook_id: webhookId, since, ...others }) => ({
      webhookId,
      since: since.toISOString(),
      ...others,
    })),
  };
}

async function keepInstances(statements: Statements, { instances }: FollowedRun): Promise<void> {
  if (instances.size === 0) return;
  const followed = [...instances.values()];
  await statements.query(KEEP_INSTANCES, [
    [...instances.keys()],
    followed.map(({ epoch }) => epoch),
    followed.map(({ view }) => JSON.stringify(view)),
  ]);
}

async function queue(statements: Statements, deliveries: readonly NewDelivery[]): Promise<void> {
  if (deliveries.length === 0) return;
  await statements.query(QUEUE, [
    deliveries.map(({ webhookId }) => webhookId),
    deliveries.map(({ eventId }) => eventId),
    deliveries.map(({ instanceId }) => instanceId),
    deliveries.map(({ event }) => event),
    deliveries.map(({ recordedAt }) => recordedAt),
    deliveries.map(({ body }) => body),
  ]);
}
