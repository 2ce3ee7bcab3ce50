import type { DeliveryOutcome, EventDelivery } from '@uplift/bus';
import { EVENTS_STREAM, EVENT_SUBJECT_ROOT } from '@uplift/contracts';
import { idsOfEvent, nameOfEvent } from '@uplift/event-store';
import type { SpanAttributes, SpanOptions } from '@uplift/runtime';
import type { StageHandler } from './stage-handler.port';

const TEMPLATE = `${EVENT_SUBJECT_ROOT}.instance.{event}.{instanceId}`;

/** The span of one handling: the first of a trace, which names the one that its event was written in. */
export function stageSpan({ stage }: StageHandler, { event }: EventDelivery): SpanOptions {
  const { traceparent } = event.metadata;
  const ids = idsOfEvent(event);
  const { 'uplift.upgrade.id': upgradeId } = ids;
  return {
    name: `process ${stage} ${nameOfEvent(event)}`,
    kind: 'consumer',
    origin: { follows: { traceparent } },
    attributes: {
      ...ids,
      ...attemptOf(event.data),
      'uplift.stage': stage,
      'messaging.system': 'nats',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': EVENTS_STREAM,
      'messaging.destination.template': TEMPLATE,
      ...(upgradeId === undefined ? {} : { 'messaging.message.conversation_id': upgradeId }),
    },
  };
}

/** The span of what went on after the handling. */
export function followedSpan({ stage }: StageHandler, { kind }: DeliveryOutcome): SpanOptions {
  return {
    name: `follow ${stage}`,
    kind: 'internal',
    attributes: { 'uplift.stage': stage, 'uplift.outcome': kind },
  };
}

function attemptOf(data: object): SpanAttributes {
  const { workOrder, attempt: own } = data as {
    readonly workOrder?: { readonly attempt?: unknown };
    readonly attempt?: unknown;
  };
  const attempt = workOrder?.attempt ?? own;
  return typeof attempt === 'number' ? { 'uplift.attempt': attempt } : {};
}
