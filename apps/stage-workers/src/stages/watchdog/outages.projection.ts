import type { Actor } from '@uplift/contracts';
import type { InstanceEvent, Transition } from '@uplift/domain';
import { LIFECYCLE } from '@uplift/domain';
import type { TailedInstanceEvent, TailFold } from '@uplift/event-store';

export interface Outage {
  /** As the first worker told it, RFC 3339. */
  readonly since: string;
  /** Event time in ms; null while it lasts. */
  readonly endedAt: number | null;
}

interface ToldOutage extends Outage {
  /** Instances whose workers wait. */
  readonly waiting: Set<string>;
}

/** As a checkpoint carries it. */
interface KeptOutage extends Outage {
  readonly target: string;
  readonly waiting: readonly string[];
}

interface KeptWait {
  readonly instanceId: string;
  readonly target: string;
}

/**
 * The latest outage of each target as workers tell it: it begins with the first instance that waits, and ends with
 * the first that no longer does.
 */
export class OutageProjection implements TailFold {
  readonly name = 'outages';
  /** Raise the version when the same events lead to other outages. */
  readonly basis = { version: 1 };
  private readonly outages = new Map<string, ToldOutage>();
  /** What each instance in the book waits for. */
  private readonly targetOf = new Map<string, string>();
  /** Whose word counts no more, and since when: no part of the fold, as no event says so. */
  private readonly givenUp = new Map<string, number>();

  record({ instanceId, event, at, writtenBy }: TailedInstanceEvent): void {
    this.givenUp.delete(instanceId);
    if (event.type === 'WaitEnded' && !isByWatchdog(writtenBy)) this.end(event.data.target, at);
    if (endsWait(event)) this.leave(instanceId, at);
    if (event.type === 'WaitingFor' && !isByWatchdog(writtenBy)) {
      this.wait(instanceId, event.data);
    }
  }

  entries(): Iterable<KeptOutage | KeptWait> {
    const outages = [...this.outages].map(([target, { since, endedAt, waiting }]) => {
      return { target, since, endedAt, waiting: [...waiting] };
    });
    const waits = [...this.targetOf].map(([instanceId, target]) => ({ instanceId, target }));
    return [...outages, ...waits];
  }

  clear(): void {
    this.outages.clear();
    this.targetOf.clear();
    this.givenUp.clear();
  }

  takeBack(entry: unknown): void {
    const kept = entry as KeptOutage | KeptWait;
    if ('instanceId' in kept) return void this.targetOf.set(kept.instanceId, kept.target);
    const { target, since, endedAt, waiting } = kept;
    this.outages.set(target, { since, endedAt, waiting: new Set(waiting) });
  }

  /** Null if there was none. */
  latest(target: string): Outage | null {
    return this.toldNow(target) ?? null;
  }

  /** The same, unless the instance itself is all that tells of it. */
  latestToldByOthers(target: string, instanceId: string): Outage | null {
    const outage = this.toldNow(target);
    if (outage === undefined) return null;
    const isOnlyItself = outage.waiting.size === 1 && outage.waiting.has(instanceId);
    return isOnlyItself ? null : outage;
  }

  /** Nothing more is heard of the instance: it waits for nothing. */
  forget(instanceId: string, at: number): void {
    this.givenUp.delete(instanceId);
    this.leave(instanceId, at);
  }

  /** Nothing can be decided on it: until its next event it tells of no outage. */
  giveUp(instanceId: string, at: number): void {
    if (this.targetOf.has(instanceId)) this.givenUp.set(instanceId, at);
  }

  /** Without those that were given up on: where they are all that tell of it, it ends with the last of them. */
  private toldNow(target: string): ToldOutage | undefined {
    const outage = this.outages.get(target);
    if (outage === undefined || this.givenUp.size === 0) return outage;
    const waiting = [...outage.waiting].filter((instanceId) => !this.givenUp.has(instanceId));
    const ended = [...outage.waiting].map((instanceId) => this.givenUp.get(instanceId) ?? 0);
    const isOver = outage.endedAt === null && waiting.length === 0;
    const endedAt = isOver ? Math.max(...ended) : outage.endedAt;
    return { since: outage.since, endedAt, waiting: new Set(waiting) };
  }

  private wait(instanceId: string, { target, since }: { target: string; since: string }): void {
    const known = this.outages.get(target);
    const waiting = known?.waiting ?? new Set();
    waiting.add(instanceId);
    const lasts = known?.endedAt === null;
    this.outages.set(target, { since: lasts ? known.since : since, endedAt: null, waiting });
    this.targetOf.set(instanceId, target);
  }

  private leave(instanceId: string, at: number): void {
    const target = this.targetOf.get(instanceId);
    if (target === undefined) return;
    this.targetOf.delete(instanceId);
    const waiting = this.outages.get(target)?.waiting;
    waiting?.delete(instanceId);
    if (waiting?.size === 0) this.end(target, at);
  }

  private end(target: string, at: number): void {
    const outage = this.outages.get(target);
    if (outage?.endedAt === null) this.outages.set(target, { ...outage, endedAt: at });
  }
}

/** Whoever gets a new deadline goes on; whoever is at rest waits for nobody. */
function endsWait({ type }: InstanceEvent): boolean {
  const { deadline }: Transition = LIFECYCLE[type];
  return deadline !== 'kept';
}

const SUFFIX = '/watchdog';

/** The watchdog writes under a name of its own: what it explains is no evidence for what explains it. */
export function watchdogActor({ type, id }: Actor): Actor {
  return { type, id: `${id}${SUFFIX}` };
}

function isByWatchdog(actorId: string): boolean {
  return actorId.endsWith(SUFFIX);
}
