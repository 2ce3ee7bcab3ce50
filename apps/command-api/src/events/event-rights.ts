import type { Principal } from '@uplift/access';
import type { StoredEvent } from '@uplift/contracts';
import { splitStreamName } from '@uplift/contracts';
import type {
  AuditEventType,
  Labels,
  RefusalEventType,
  Scope,
  SystemEventType,
} from '@uplift/domain';
import { isLimit, isWithin, SCOPES } from '@uplift/domain';
import type { InstanceLimits, Registered } from '../commands/instance-limits';
import { labelsIn, saysLabels } from '../commands/instance-limits';

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
/** What an upgrade of any instance waits for. */
const ABOUT_ALL_INSTANCES: readonly string[] = ['StartsStopped', 'StartsAllowed'];

/** Whoever watches. */
export type Watcher = Pick<Principal, 'scopes' | 'labels'>;

/** Whether somebody may be sent an event, whatever instance it is about. One that this build does not know may be about anything: it takes every scope. */
export function mayWatch(
  { scopes, labels }: Watcher,
  event: Pick<StoredEvent, 'type' | 'stream' | 'data'>,
): boolean {
  if (!isAllowedBy(scopes, event)) return false;
  const isOfOne = instanceIn(event) !== undefined;
  return isOfOne || !isLimit(labels) || ABOUT_ALL_INSTANCES.includes(event.type);
}

function isAllowedBy(
  scopes: readonly Scope[],
  { type, stream }: Pick<StoredEvent, 'type' | 'stream'>,
): boolean {
  const { category } = splitStreamName(stream);
  if (ABOUT_INSTANCES.includes(category)) return scopes.includes('instances:read');
  const scope = SCOPE_OF.get(`${category}/${type}`);
  return (scope === undefined ? SCOPES : [scope]).every((needed) => scopes.includes(needed));
}

/** The one that an event is about; undefined: it is about none, or about many. */
function instanceIn({
  type,
  stream,
  data,
}: Pick<StoredEvent, 'type' | 'stream' | 'data'>): string | undefined {
  const { category, id } = splitStreamName(stream);
  if (category === 'instance') return id;
  const { instanceId, subject } = data as { readonly instanceId?: unknown; subject?: unknown };
  if (category === 'environment' || type === 'CommandRefused') return textOrNone(instanceId);
  if (type !== 'FindingRecorded' || typeof subject !== 'string') return undefined;
  const found = splitStreamName(subject);
  return found.category === 'instance' ? found.id : undefined;
}

function textOrNone(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Instances whose labels are remembered; one watch sees so many seldom. */
const MOST_REMEMBERED = 10_000;

/** Which events of one watch are about instances that the watcher reaches, by the newest registration of each. */
export class WatchedInstances {
  private readonly known = new Map<
    string,
    { readonly revision: number; readonly isCovered: boolean }
  >();

  constructor(
    private readonly limit: Labels,
    private readonly limits: Pick<InstanceLimits, 'registered'>,
  ) {}

  /** Throws what the store throws. */
  async covers(event: StoredEvent): Promise<boolean> {
    const instanceId = isLimit(this.limit) ? instanceIn(event) : undefined;
    if (instanceId === undefined) return true;
    const known = this.known.get(instanceId) ?? (await this.lookUp(instanceId));
    if (known === undefined) return false;
    const isNews = saysLabels(event) && event.revision > known.revision;
    return (isNews ? this.learn(instanceId, event) : known).isCovered;
  }

  /** Events were left out: a registration may be among them. */
  forget(): void {
    this.known.clear();
  }

  private learn(instanceId: string, event: StoredEvent) {
    return this.remember(instanceId, { labels: labelsIn(event), revision: event.revision });
  }

  private async lookUp(instanceId: string) {
    const registered = await this.limits.registered(instanceId);
    return registered === null ? undefined : this.remember(instanceId, registered);
  }

  private remember(instanceId: string, { labels, revision }: Registered) {
    if (this.known.size >= MOST_REMEMBERED) this.known.clear();
    const known = { revision, isCovered: isWithin(labels, this.limit) };
    this.known.set(instanceId, known);
    return known;
  }
}

/** What a caller is shown of the content: hashes of tokens stay in the store. */
export function shownData({ type, data }: Pick<StoredEvent, 'type' | 'data'>): StoredEvent['data'] {
  if (type !== 'ApiTokenCreated') return data;
  const { hash: _hash, ...shown } = data as { readonly hash?: unknown };
  return shown;
}
