import type { MessageOnBus } from '@uplift/bus';
import type { StoredEvent } from '@uplift/contracts';
import {
  categoryOf,
  decodeEvent,
  decodeRelayProof,
  InvalidEventError,
  isOfNewerVersion,
  splitStreamName,
  toRecordedInstanceEvent,
  UndecodableMessageError,
  UnknownEventError,
} from '@uplift/contracts';
import type { InstanceView } from '@uplift/domain';
import { evolveInstanceView } from '@uplift/domain';
import type {
  FollowedInstance,
  FollowedRun,
  Known,
  NewDelivery,
} from '../store/webhook-store.port';
import type { Change } from './delivery-body';
import { deliveryOf } from './delivery-body';

/** Why an event is told to nobody. */
export type PassedOver =
  /** Of no instance. */
  | 'other'
  /** It was told before: a bus that was filled again. */
  | 'repeated'
  /** No event of the relay, or one that does not follow from those before it. */
  | 'foreign'
  /** Its data cannot be read. */
  | 'unreadable'
  /** Older than deliveries are kept. */
  | 'old';

/** Written by a newer build: it is for a newer build to tell, and nothing behind it may be told before. */
export class NewerEventError extends Error {
  readonly code = 'newer-event';
}

export interface FollowRules {
  /** Time of the oldest event that is still told, in ms since 1970. */
  readonly oldest: number;
  readonly onPassedOver: (why: PassedOver) => void;
}

/** The instances whose events these are. */
export function instancesIn(messages: readonly MessageOnBus[]): readonly string[] {
  const ids = messages.flatMap(({ subject }) => {
    const [id] = /[0-9a-f-]{36}$/.exec(subject) ?? [];
    return id === undefined ? [] : [id];
  });
  return [...new Set(ids)];
}

/** What a run of messages leads to. Throws NewerEventError. */
export function followEvents(
  messages: readonly MessageOnBus[],
  { instances: known, subscriptions }: Known,
  { oldest, onPassedOver }: FollowRules,
): FollowedRun {
  const instances = new Map<string, FollowedInstance>();
  const deliveries: NewDelivery[] = [];
  for (const message of messages) {
    const followed = follow(message, (id) => instances.get(id) ?? known.get(id) ?? null);
    if (followed.instance) instances.set(followed.instance.view.instanceId, followed.instance);
    if (followed.change === undefined) {
      onPassedOver(followed.why);
      continue;
    }
    const { change } = followed;
    if (Date.parse(change.stored.recordedAt) < oldest) onPassedOver('old');
    else deliveries.push(...subscriptions.flatMap((each) => deliveryOf(each, change) ?? []));
  }
  return { instances, deliveries };
}

type Followed =
  | { readonly change: Change; readonly instance: FollowedInstance }
  | {
      readonly change?: undefined;
      readonly why: PassedOver;
      /** Where its history stands now, though nothing is told of it. */
      readonly instance?: FollowedInstance;
    };

function follow(
  message: MessageOnBus,
  known: (instanceId: string) => FollowedInstance | null,
): Followed {
  const read = readMessage(message);
  if (typeof read === 'string') return { why: read };
  const { stored, epoch } = read;
  const last = known(splitStreamName(stored.stream).id);
  const place = placeBehind(last, stored, epoch);
  if (place !== 'next' && place !== 'first') return { why: place };
  const before = place === 'first' ? null : (last?.view ?? null);
  return applied(stored, before, { epoch, headers: message.headers });
}

function applied(
  stored: StoredEvent,
  before: InstanceView | null,
  { epoch, headers }: { readonly epoch: string } & Pick<MessageOnBus, 'headers'>,
): Followed {
  const after = viewAfter(before, stored);
  if (after !== null) {
    return { change: { stored, headers, before, after }, instance: { epoch, view: after } };
  }
  if (before === null) return { why: 'unreadable' };
  const view = { ...before, revision: stored.revision };
  return { why: 'unreadable', instance: { epoch, view } };
}

function readMessage(
  message: MessageOnBus,
): { readonly stored: StoredEvent; readonly epoch: string } | PassedOver {
  try {
    const stored = decodeEvent(message);
    const { epoch } = decodeRelayProof(message.headers);
    if (isOfNewerVersion(stored)) throw newer(stored);
    return categoryOf(stored.stream) === 'instance' ? { stored, epoch } : 'other';
  } catch (error) {
    if (error instanceof UndecodableMessageError) return 'foreign';
    throw error;
  }
}

function newer({ type, stream, revision }: StoredEvent): NewerEventError {
  return new NewerEventError(
    `${type} at ${stream}@${revision} was written by a newer build: deploy that one here as well`,
  );
}

/** With a bus that was filled anew each history begins again. */
function placeBehind(
  last: FollowedInstance | null,
  { revision }: StoredEvent,
  epoch: string,
): 'first' | 'next' | 'repeated' | 'foreign' {
  if (last?.epoch !== epoch) return revision === 0 ? 'first' : 'foreign';
  if (revision <= last.view.revision) return 'repeated';
  return revision === last.view.revision + 1 ? 'next' : 'foreign';
}

/** Null: it says nothing that can be told. */
function viewAfter(before: InstanceView | null, stored: StoredEvent): InstanceView | null {
  if (before === null && stored.type !== 'InstanceRegistered') return null;
  try {
    return { ...evolveInstanceView(before, toRecordedInstanceEvent(stored)), state: null };
  } catch (error) {
    if (error instanceof UnknownEventError || error instanceof InvalidEventError) return null;
    throw error;
  }
}
