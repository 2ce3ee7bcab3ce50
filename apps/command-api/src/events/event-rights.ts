import type { StoredEvent } from '@uplift/contracts';
import { splitStreamName } from '@uplift/contracts';
import type { AuditEventType, RefusalEventType, Scope, SystemEventType } from '@uplift/domain';
import { SCOPES } from '@uplift/domain';

/** The scope of the route that tells the same. */
const ABOUT_THE_SYSTEM: Readonly<Record<SystemEventType, Scope>> = {
  StartsStopped: 'instances:read',
  StartsAllowed: 'instances:read',
  CommandNoted: 'system:operate',
  ClockChecked: 'instances:read',
  StoreAccepted: 'system:operate',
  FindingRecorded: 'audit:read',
  FindingClosed: 'audit:read',
  ApiTokenCreated: 'system:operate',
  ApiTokenRevoked: 'system:operate',
  ActorErased: 'system:operate',
};

const REFUSALS: Readonly<Record<RefusalEventType, Scope>> = {
  CommandRefused: 'instances:read',
  CommandDenied: 'audit:read',
};

const AUDIT: Readonly<Record<AuditEventType, Scope>> = { AuditRecordsRead: 'audit:read' };

const SCOPE_OF: ReadonlyMap<string, Scope> = new Map([
  ...Object.entries(ABOUT_THE_SYSTEM).map(([type, scope]) => [`system/${type}`, scope] as const),
  ...Object.entries(REFUSALS).map(([type, scope]) => [`refusal/${type}`, scope] as const),
  ...Object.entries(AUDIT).map(([type, scope]) => [`audit/${type}`, scope] as const),
]);
const ABOUT_INSTANCES = ['instance', 'environment'];

/** Whether a caller with these scopes is sent an event. One that this build does not know may be about anything: it takes every scope. */
export function mayWatch(
  scopes: readonly Scope[],
  { type, stream }: Pick<StoredEvent, 'type' | 'stream'>,
): boolean {
  const { category } = splitStreamName(stream);
  if (ABOUT_INSTANCES.includes(category)) return scopes.includes('instances:read');
  const scope = SCOPE_OF.get(`${category}/${type}`);
  return (scope === undefined ? SCOPES : [scope]).every((needed) => scopes.includes(needed));
}

/** What a caller is shown of the content: hashes of tokens stay in the store. */
export function shownData({ type, data }: Pick<StoredEvent, 'type' | 'data'>): StoredEvent['data'] {
  if (type !== 'ApiTokenCreated') return data;
  const { hash: _hash, ...shown } = data as { readonly hash?: unknown };
  return shown;
}
