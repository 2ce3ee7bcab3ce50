import {
  DEFAULT_OVERLAP_HOURS,
  DELIVERY_STATES,
  LONGEST_DESCRIPTION,
  LONGEST_OVERLAP_HOURS,
  LONGEST_WEBHOOK_URL,
  MOST_DELIVERIES_SHOWN,
  WEBHOOK_EVENT_TYPES,
  WEBHOOK_FORMATS,
  type DeliveryState,
  type WebhookFormat,
} from '@uplift/contracts';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsString,
  Matches,
  MaxLength,
} from 'class-validator';
import {
  ChoiceField,
  CountField,
  Field,
  LabelMapField,
  oneLine,
  TextField,
  TimeField,
  UuidField,
} from '../input/fields';

const ADDRESS = /^https?:\/\/[^\s\p{Cc}]+$/u;
const CURSOR = /^\d{1,18}$/;

/** Asks that events be sent to a system of somebody else. */
export class CreateWebhookDto {
  @Field(
    { type: 'string', maxLength: LONGEST_WEBHOOK_URL, pattern: ADDRESS.source },
    { description: 'Where to: https, a name that leads to public addresses, no credentials' },
    IsString(),
    MaxLength(LONGEST_WEBHOOK_URL),
    Matches(ADDRESS, { message: 'must be an address such as https://example.com/hooks' }),
  )
  readonly url!: string;

  @ChoiceField(WEBHOOK_FORMATS, {
    description: 'polydock: what Polydock sends, for changes of status; cloudevents: every event',
  })
  readonly format!: WebhookFormat;

  @Field(
    {
      type: 'array',
      items: { type: 'string', enum: [...WEBHOOK_EVENT_TYPES] },
      minItems: 1,
      maxItems: WEBHOOK_EVENT_TYPES.length,
      uniqueItems: true,
    },
    { description: 'Only events of these types; absent: all of an instance', optional: true },
    IsArray(),
    ArrayMinSize(1),
    ArrayMaxSize(WEBHOOK_EVENT_TYPES.length),
    ArrayUnique(),
    IsIn(WEBHOOK_EVENT_TYPES, { each: true }),
  )
  readonly events?: string[];

  @LabelMapField('Only of instances with all of these labels; absent: of every instance')
  readonly labels?: Record<string, string>;

  @TextField({
    description: 'What it is for; no personal data',
    maxLength: LONGEST_DESCRIPTION,
    isProse: true,
    ...oneLine,
  })
  readonly description!: string;
}

/** Which deliveries are made again: of one event, or all that failed, of a time. */
export class ReplayWebhookDto {
  @UuidField({ description: 'The event; absent: all deliveries that failed', optional: true })
  readonly eventId?: string;

  @TimeField({ description: 'Only of events from then on', optional: true })
  readonly since?: string;

  @TimeField({ description: 'Only of events until then', optional: true })
  readonly until?: string;
}

/** How a new secret takes the place of the one before. */
export class RotateWebhookSecretDto {
  @CountField({
    description: `Hours in which the one before signs as well; ${DEFAULT_OVERLAP_HOURS} if absent`,
    minimum: 0,
    maximum: LONGEST_OVERLAP_HOURS,
    optional: true,
  })
  readonly overlapHours?: number;
}

/** Over the bus the webhook is part of the body. */
export class WebhookDto {
  @UuidField({ description: 'The webhook' })
  readonly webhookId!: string;
}

export class ReplayOfWebhookDto extends ReplayWebhookDto {
  @UuidField({ description: 'The webhook' })
  readonly webhookId!: string;
}

export class RotateSecretOfWebhookDto extends RotateWebhookSecretDto {
  @UuidField({ description: 'The webhook' })
  readonly webhookId!: string;
}

export class ListWebhooksDto {
  @UuidField({ description: 'Only this one; absent: all of them', optional: true })
  readonly webhookId?: string;
}

export class ListDeliveriesDto extends WebhookDto {
  @ChoiceField(DELIVERY_STATES, { description: 'Only deliveries in this state', optional: true })
  readonly state?: DeliveryState;

  @Field(
    { type: 'string', pattern: CURSOR.source },
    { description: 'nextCursor of the page before', optional: true },
    Matches(CURSOR, { message: 'must be the nextCursor of a page' }),
  )
  readonly cursor?: string;

  @CountField({
    description: 'Items on a page; 50 if absent',
    minimum: 1,
    maximum: MOST_DELIVERIES_SHOWN,
    optional: true,
  })
  readonly limit?: number;
}
