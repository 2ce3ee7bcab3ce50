import type { StoredEvent, UnreadableReason } from '@uplift/contracts';
import {
  categoryOf,
  splitStreamName,
  toRecordedInstanceEvent,
  toRecordedSystemEvent,
  unreadableReason,
} from '@uplift/contracts';
import type { RecordedInstanceEvent, RecordedSystemEvent, UnreadableHistory } from '@uplift/domain';
import { errorMessage } from '@uplift/runtime';

const MOST_DETAIL = 500;

/** One of our events is at fault, not the projection: its instance is set aside, and nobody else. */
export class UnreadableEventError extends Error {
  readonly code = 'unreadable-event';
  constructor(
    readonly reason: UnreadableReason,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

interface EventOf<Kind extends string> {
  readonly kind: Kind;
  readonly stored: StoredEvent;
}

export type EventOfInstance = { readonly instanceId: string } & (
  | (EventOf<'instance'> & { readonly recorded: RecordedInstanceEvent })
  | (EventOf<'unreadable'> & { readonly fault: UnreadableEventError })
);

/** An event as it is folded, beside its form in the store. */
export type ReadableEvent =
  | EventOfInstance
  | (EventOf<'system'> & { readonly recorded: RecordedSystemEvent })
  /** An event of the system that this build cannot read. */
  | (EventOf<'unreadable-system'> & { readonly fault: UnreadableEventError })
  /** Of no row. */
  | EventOf<'other'>;

/** Total: what cannot be read is an answer too. */
export function readEvent(stored: StoredEvent): ReadableEvent {
  const category = categoryOf(stored.stream);
  if (category === 'instance') return readInstanceEvent(stored);
  if (category === 'system') return readSystemEvent(stored);
  return { kind: 'other', stored };
}

/** The same event, as one that cannot be read. */
export function unreadable(stored: StoredEvent, fault: UnreadableEventError): ReadableEvent {
  return { kind: 'unreadable', stored, instanceId: instanceIdOf(stored), fault };
}

/** What the row says of it. */
export function historyEndingAt(
  { id, type, revision, recordedAt }: StoredEvent,
  { reason, message }: UnreadableEventError,
): UnreadableHistory {
  return {
    ...{ eventId: id, eventType: type, revision, reason },
    detail: message.slice(0, MOST_DETAIL),
    since: Date.parse(recordedAt),
    laterEvents: 0,
  };
}

function readInstanceEvent(stored: StoredEvent): ReadableEvent {
  try {
    const recorded = toRecordedInstanceEvent(stored);
    return { kind: 'instance', stored, instanceId: recorded.instanceId, recorded };
  } catch (cause) {
    return unreadable(stored, faultOf(stored, cause));
  }
}

function readSystemEvent(stored: StoredEvent): ReadableEvent {
  try {
    return { kind: 'system', stored, recorded: toRecordedSystemEvent(stored) };
  } catch (cause) {
    return { kind: 'unreadable-system', stored, fault: faultOf(stored, cause) };
  }
}

function faultOf(stored: StoredEvent, cause: unknown): UnreadableEventError {
  const { reason, detail } = unreadableReason(stored) ?? {
    reason: 'invalid-data',
    detail: errorMessage(cause),
  };
  return new UnreadableEventError(reason, detail, { cause });
}

function instanceIdOf({ stream }: StoredEvent): string {
  return splitStreamName(stream).id;
}
