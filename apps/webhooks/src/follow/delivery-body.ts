import type { StoredEvent, WebhookFormat } from '@uplift/contracts';
import { CONTENT_TYPES, decodeHeaderValue } from '@uplift/contracts';
import type { InstanceView } from '@uplift/domain';
import { isWithin } from '@uplift/domain';
import type { NewDelivery, Subscription } from '../store/webhook-store.port';

/** An event with what was known before it and is known after it. */
export interface Change {
  readonly stored: StoredEvent;
  /** Headers of the message: the attributes of a CloudEvent. */
  readonly headers: Readonly<Record<string, string>>;
  readonly before: InstanceView | null;
  readonly after: InstanceView;
}

interface Told {
  readonly event: string;
  readonly body: object;
}

/** Undefined: this webhook is not told of it. */
export function deliveryOf(subscription: Subscription, change: Change): NewDelivery | undefined {
  const { stored, after } = change;
  if (!isWanted(subscription, change)) return undefined;
  const told = FORMATS[subscription.format](change);
  if (told === null) return undefined;
  return {
    webhookId: subscription.webhookId,
    eventId: stored.id,
    instanceId: after.instanceId,
    event: told.event,
    recordedAt: stored.recordedAt,
    body: JSON.stringify(told.body),
  };
}

export function contentTypeOf(format: WebhookFormat): string {
  return format === 'cloudevents' ? CONTENT_TYPES.cloudEvent : CONTENT_TYPES.json;
}

function isWanted({ events, labels, since }: Subscription, { stored, after }: Change): boolean {
  const isOfType = events === null || events.includes(stored.type);
  const isOfTime = Date.parse(stored.recordedAt) >= Date.parse(since);
  return isOfType && isOfTime && isWithin(after.labels, labels);
}

const FORMATS: Readonly<Record<WebhookFormat, (change: Change) => Told | null>> = {
  polydock: polydockCall,
  cloudevents: cloudEvent,
};

/** What Polydock calls its own webhooks with: of the names that it has for a store Uplift knows that of the app alone. */
function polydockCall({ stored, before, after }: Change): Told | null {
  if (before !== null && before.status === after.status) return null;
  const { instanceId, app, project, environment, lastUpgradeId, failureReason } = after;
  const body = {
    app_instance_id: instanceId,
    app_instance_uuid: instanceId,
    store_id: null,
    store_name: null,
    store_app_id: null,
    store_app_name: app,
    previous_status: before?.status ?? null,
    current_status: after.status,
    data: {
      project,
      environment,
      upgrade_id: lastUpgradeId,
      failure_reason: failureReason,
      event_id: stored.id,
      sequence: stored.revision,
    },
    timestamp: stored.recordedAt,
  };
  return { event: before === null ? CREATED : CHANGED, body };
}

const CREATED = 'app_instance.created';
const CHANGED = 'app_instance.status_changed';
const ATTRIBUTE = /^ce-(?<name>.+)$/i;

/** A CloudEvent in structured mode: the attributes that it has on the bus. */
function cloudEvent({ stored, headers }: Change): Told {
  const attributes = Object.entries(headers).flatMap(([header, value]) => {
    const name = ATTRIBUTE.exec(header)?.groups?.name;
    return name === undefined ? [] : [[name.toLowerCase(), decodeHeaderValue(value)] as const];
  });
  const body: Readonly<Record<string, unknown>> = Object.fromEntries(attributes);
  return { event: String(body.type), body: { ...body, data: stored.data } };
}
