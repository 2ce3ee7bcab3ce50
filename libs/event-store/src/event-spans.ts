import type { StoredEvent } from '@uplift/contracts';
import { splitStreamName } from '@uplift/contracts';
import type { SpanAttributes, SpanOptions } from '@uplift/runtime';
import { parseTraceparent } from '@uplift/runtime';

/* An event may come from anybody: of what it says, only what has the form of an id or a type goes into a span. */

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TYPE = /^[A-Za-z]{1,64}$/;

/** By what an event is found among the traces: its instance, and its upgrade where it belongs to one. */
export function ownerIds(stream: string, correlationId: string): SpanAttributes {
  const { category, id } = splitStreamName(stream);
  if (category !== 'instance' || !UUID.test(id)) return {};
  const isOfUpgrade = correlationId !== id && UUID.test(correlationId);
  return {
    'uplift.instance.id': id,
    ...(isOfUpgrade ? { 'uplift.upgrade.id': correlationId } : {}),
  };
}

/** The same, with its own. */
export function idsOfEvent({ id, stream, metadata }: StoredEvent): SpanAttributes {
  return {
    ...ownerIds(stream, metadata.$correlationId),
    ...(UUID.test(id) ? { 'messaging.message.id': id } : {}),
  };
}

/** Its type, where it can be one. */
export function nameOfEvent({ type }: Pick<StoredEvent, 'type'>): string {
  return TYPE.test(type) ? type : 'event';
}

/** What is older is being caught up on: nobody waits for it. */
const FRESH_MS = 5 * 60_000;

/** What happens to an event shows in the trace of whoever wrote it. Undefined for one that was written without a trace. */
export function spanOfEvent(
  event: StoredEvent,
  { verb, kind }: { readonly verb: string; readonly kind: SpanOptions['kind'] },
  now: number,
): SpanOptions | undefined {
  const { metadata, recordedAt } = event;
  const { traceparent } = metadata;
  const isFresh = now - Date.parse(recordedAt) <= FRESH_MS;
  if (!isFresh || parseTraceparent(traceparent) === undefined) return undefined;
  return {
    kind,
    name: `${verb} ${nameOfEvent(event)}`,
    attributes: idsOfEvent(event),
    origin: { parent: { traceparent } },
  };
}
