import { MOST_LABELS, LONGEST_LABEL, type Labels } from '@uplift/domain';
import { INSTANCE_EVENTS } from './events/instance-event.schemas';
import type { Schema, ValueOf } from './schema';
import {
  closed,
  count,
  dateTime,
  documented,
  flag,
  list,
  named,
  nullable,
  object,
  oneOf,
  plain,
  record,
  text,
  uuid,
  wholeNumber,
} from './schema';
import { WEBHOOK_SUBJECT_ROOT } from './subjects';

/** What the command API asks of the service that keeps webhooks. */
export const WEBHOOK_SUBJECTS = {
  create: `${WEBHOOK_SUBJECT_ROOT}.create`,
  list: `${WEBHOOK_SUBJECT_ROOT}.list`,
  delete: `${WEBHOOK_SUBJECT_ROOT}.delete`,
  rotateSecret: `${WEBHOOK_SUBJECT_ROOT}.rotate-secret`,
  deliveries: `${WEBHOOK_SUBJECT_ROOT}.deliveries`,
  replay: `${WEBHOOK_SUBJECT_ROOT}.replay`,
  test: `${WEBHOOK_SUBJECT_ROOT}.test`,
} as const;

export type WebhookRequestName = keyof typeof WEBHOOK_SUBJECTS;

export const WEBHOOK_FORMATS = ['polydock', 'cloudevents'] as const;
export type WebhookFormat = (typeof WEBHOOK_FORMATS)[number];

export const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** What a webhook can be limited to. */
export const WEBHOOK_EVENT_TYPES: readonly string[] = Object.keys(INSTANCE_EVENTS);

export const LONGEST_WEBHOOK_URL = 2_048;
export const LONGEST_DESCRIPTION = 500;
/** How long the secret before stays good at most, in hours: a week. */
export const LONGEST_OVERLAP_HOURS = 168;
export const DEFAULT_OVERLAP_HOURS = 24;
export const MOST_DELIVERIES_SHOWN = 100;

const labels: Schema<Labels> = plain({
  type: 'object',
  maxProperties: MOST_LABELS,
  additionalProperties: { type: 'string', maxLength: LONGEST_LABEL },
});
const eventTypes: Schema<readonly string[]> = plain({
  type: 'array',
  items: { type: 'string', enum: WEBHOOK_EVENT_TYPES },
  minItems: 1,
  uniqueItems: true,
});
const url: Schema<string> = plain({
  type: 'string',
  minLength: 1,
  maxLength: LONGEST_WEBHOOK_URL,
});
const description: Schema<string> = plain({ type: 'string', maxLength: LONGEST_DESCRIPTION });
const limit: Schema<number> = plain({
  type: 'integer',
  minimum: 1,
  maximum: MOST_DELIVERIES_SHOWN,
});
const overlapHours: Schema<number> = plain({
  type: 'integer',
  minimum: 0,
  maximum: LONGEST_OVERLAP_HOURS,
});
const cursor: Schema<string> = plain({ type: 'string', pattern: '^\\d{1,18}$' });

/** The deliveries of one webhook, over HTTP. */
export const WEBHOOK_DELIVERY_PAGE = closed(
  object(
    { webhookId: uuid },
    {
      state: documented('Only deliveries in this state', oneOf(DELIVERY_STATES)),
      limit: documented('Items on a page; 50 if absent', limit),
      cursor: documented('nextCursor of the page before', cursor),
    },
  ),
);

const one = { webhookId: uuid };

/** The body of each request between the two services. */
export const WEBHOOK_REQUESTS = {
  create: closed(
    object({
      ...one,
      url,
      format: oneOf(WEBHOOK_FORMATS),
      events: nullable(eventTypes),
      labels,
      description,
      createdBy: text,
    }),
  ),
  list: closed(object({})),
  delete: closed(object(one)),
  rotateSecret: closed(object({ ...one, overlapHours })),
  deliveries: closed(object({ ...one, limit }, { state: oneOf(DELIVERY_STATES), cursor })),
  replay: closed(object(one, { eventId: uuid, since: dateTime, until: dateTime })),
  test: closed(object(one)),
} as const;

export type WebhookRequest<Name extends WebhookRequestName> = ValueOf<
  (typeof WEBHOOK_REQUESTS)[Name]
>;

const webhook = named(
  'Webhook',
  object({
    webhookId: uuid,
    url: text,
    format: oneOf(WEBHOOK_FORMATS),
    events: documented('Types of events; null: all of an instance', nullable(list(text))),
    labels: documented('Only of instances with all of these', record(text)),
    description: text,
    createdBy: documented('The actor who created it', text),
    createdAt: dateTime,
    pending: documented('Deliveries that are still to come', wholeNumber),
    oldestPendingAt: documented('Time of the oldest event among them', nullable(dateTime)),
    failingSince: documented('Null: its last answer was good', nullable(dateTime)),
    previousSecretUntil: documented(
      'Until when the secret before signs as well; null: it does not',
      nullable(dateTime),
    ),
  }),
);

const delivery = named(
  'WebhookDelivery',
  object({
    eventId: documented('The id of the delivery, too: webhook-id and X-Polydock-Delivery', uuid),
    instanceId: uuid,
    event: documented('As the receiver is told it', text),
    recordedAt: documented('Time of the event', dateTime),
    state: documented('What became of it so far', oneOf(DELIVERY_STATES)),
    attempts: wholeNumber,
    lastAttemptAt: nullable(dateTime),
    nextAttemptAt: documented('Not before; null: there is none to come', nullable(dateTime)),
    status: documented('HTTP status of the last answer; null: none came', nullable(wholeNumber)),
    detail: documented('What became of the last attempt', text),
    durationMs: documented(
      'Milliseconds of the last attempt; null: there was none',
      nullable(wholeNumber),
    ),
  }),
);

const secret = documented(
  'Shown this once; null where the command is repeated: rotate the secret to get one',
  nullable(text),
);
const webhookLinks = named('WebhookLinks', object({ webhooks: text, deliveries: text }));

/** Answers, over HTTP and NATS alike. */
export const WEBHOOK_ANSWERS = {
  webhookCreated: named('WebhookCreatedAnswer', object({ webhook, secret, links: webhookLinks })),
  webhookList: named('WebhookList', object({ items: documented('Oldest first', list(webhook)) })),
  webhookDeleted: named(
    'WebhookDeletedAnswer',
    object({ webhookId: uuid, deleted: documented('False: it was deleted before', flag) }),
  ),
  webhookSecret: named(
    'WebhookSecretAnswer',
    object({
      webhookId: uuid,
      secret: documented('Shown this once', text),
      previousSecretUntil: nullable(dateTime),
    }),
  ),
  webhookDeliveries: named(
    'WebhookDeliveryPage',
    object({
      webhookId: uuid,
      items: documented('Newest first', list(delivery)),
      nextCursor: nullable(text),
    }),
  ),
  webhookReplay: named(
    'WebhookReplayAnswer',
    object({
      webhookId: uuid,
      replayed: documented('Deliveries that are to be made again', wholeNumber),
    }),
  ),
  webhookTest: named(
    'WebhookTestAnswer',
    object({
      webhookId: uuid,
      deliveryId: documented('As the receiver was told it', uuid),
      delivered: flag,
      status: documented('HTTP status of the answer; null: none came', nullable(count)),
      detail: documented('What came of it, in words', text),
      durationMs: wholeNumber,
    }),
  ),
} as const;
