import type { InstanceEvent, InstanceEventOf, RecordedInstanceEvent } from '@uplift/domain';
import { destinationsOf, isInFlight } from '@uplift/domain';
import type { LagoonCores } from '@uplift/lagoon';
import { UnknownCoreError } from '@uplift/lagoon';
import type { NoRoom } from './admission-control.port';
import { TokenBucket } from './token-bucket';

/** What was agreed with the operators of one core; 0 means no limit. */
export interface CoreLimits {
  /** Of the core itself: several names may stand for one. */
  readonly name: string;
  readonly triggersPerHour: number;
  readonly triggerBurst: number;
  readonly buildsInFlight: number;
}

/** Limits by the name an instance gives its core; null where nothing is limited or nothing is known. */
export type LimitsOf = (core: string) => CoreLimits | null;

export function limitsFrom(cores: LagoonCores): LimitsOf {
  return (core) => {
    try {
      const { name, settings } = cores.of(core);
      const { triggersPerHour, triggerBurst, buildsInFlight } = settings;
      if (triggersPerHour === 0 && buildsInFlight === 0) return null;
      return { name, triggersPerHour, triggerBurst, buildsInFlight };
    } catch (error) {
      if (error instanceof UnknownCoreError) return null;
      throw error;
    }
  };
}

/**
 * What every limited core has been asked for, folded from all events: nothing in it that the store does not
 * hold. The fold starts at the first event, so the first answer takes as long as reading the whole store.
 */
export class CoreUsageProjection {
  private readonly loads = new Map<string, CoreLoad>();
  /** Of instances in flight. */
  private readonly coreOf = new Map<string, string>();

  constructor(private readonly limitsOf: LimitsOf) {}

  record(recorded: RecordedInstanceEvent): void {
    const { instanceId, event } = recorded;
    if ('workOrder' in event.data) {
      this.coreOf.set(instanceId, event.data.workOrder.profile.core);
    }
    const load = this.loadOf(this.coreOf.get(instanceId));
    if (load !== null) fold(load, recorded);
    if (endsUpgrade(event)) this.coreOf.delete(instanceId);
  }

  /** Null if there is room, or no limit. */
  why(core: string, now: number): NoRoom | null {
    return this.loadOf(core)?.why(now) ?? null;
  }

  /** Last moment without room, in ms since 1970; Infinity as long as builds must end first. */
  shutUntil(core: string): number {
    return this.loadOf(core)?.shutUntil ?? Number.NEGATIVE_INFINITY;
  }

  buildsInFlight(core: string): number {
    return this.loadOf(core)?.buildsInFlight ?? 0;
  }

  /** Core of an upgrade in flight, as its instance names it. */
  coreOfInstance(instanceId: string): string | undefined {
    return this.coreOf.get(instanceId);
  }

  private loadOf(core: string | undefined): CoreLoad | null {
    const limits = core === undefined ? null : this.limitsOf(core);
    if (limits === null) return null;
    const load = this.loads.get(limits.name) ?? new CoreLoad(limits);
    this.loads.set(limits.name, load);
    return load;
  }
}

type UpgradeIntent = InstanceEventOf<'DeploymentRequested' | 'ScriptRequested'>;

/** The announcement that an upgrade is about to be asked of Lagoon. */
export function isUpgradeIntent(event: InstanceEvent): event is UpgradeIntent {
  if (event.type === 'ScriptRequested') return event.data.step === 'upgrade';
  return event.type === 'DeploymentRequested';
}

function fold(load: CoreLoad, { instanceId, event, at }: RecordedInstanceEvent): void {
  if (isUpgradeIntent(event)) load.begin(instanceId);
  if (event.type === 'DeploymentRequested') load.trigger(at);
  if (endsDeployment(event)) load.end(instanceId, at);
}

function endsDeployment({ type }: InstanceEvent): boolean {
  return destinationsOf(type).some((status) => status !== 'upgrade-running');
}

function endsUpgrade({ type }: InstanceEvent): boolean {
  return destinationsOf(type).some((status) => !isInFlight(status));
}

/** What one core has been asked for and has not finished. Times in ms, of events. */
class CoreLoad {
  private readonly underWay = new Set<string>();
  private readonly bucket: TokenBucket;
  private readonly mostBuilds: number;
  private wasFullUntil = Number.NEGATIVE_INFINITY;

  constructor({ triggersPerHour, triggerBurst, buildsInFlight }: CoreLimits) {
    this.bucket = new TokenBucket({ perHour: triggersPerHour, capacity: triggerBurst });
    this.mostBuilds = buildsInFlight === 0 ? Number.POSITIVE_INFINITY : buildsInFlight;
  }

  get buildsInFlight(): number {
    return this.underWay.size;
  }

  begin(instanceId: string): void {
    this.underWay.add(instanceId);
  }

  trigger(at: number): void {
    this.bucket.spend(at);
  }

  end(instanceId: string, at: number): void {
    const wasFull = this.isFull;
    this.underWay.delete(instanceId);
    if (wasFull && !this.isFull) this.wasFullUntil = at;
  }

  why(now: number): NoRoom | null {
    if (this.isFull) return 'builds-in-flight';
    return this.bucket.emptyUntil > now ? 'trigger-rate' : null;
  }

  /** Last moment without room; Infinity while nobody can tell when there will be some. */
  get shutUntil(): number {
    if (this.isFull) return Number.POSITIVE_INFINITY;
    return Math.max(this.wasFullUntil, this.bucket.emptyUntil);
  }

  private get isFull(): boolean {
    return this.underWay.size >= this.mostBuilds;
  }
}
