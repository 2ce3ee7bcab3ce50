import type {
  InstanceEvent,
  InstanceEventOf,
  RecordedInstanceEvent,
  WorkOrder,
} from '@uplift/domain';
import { destinationsOf, isBefore, isInFlight } from '@uplift/domain';
import type { LagoonCore, LagoonCores } from '@uplift/lagoon';
import { UnknownCoreError } from '@uplift/lagoon';
import type { TailFold } from '@uplift/event-store';
import { StartQueue } from './start-queue';
import type { KeptQueue } from './start-queue';
import { TokenBucket } from './token-bucket';
import type { KeptBucket } from './token-bucket';

/** Why a core takes no further upgrade for the moment. */
export type NoRoom = 'builds-in-flight' | 'trigger-rate';

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
  return (name) => {
    const core = knownCore(cores, name);
    if (core === null) return null;
    if (!isLimited(core)) return null;
    const { triggersPerHour, triggerBurst, buildsInFlight } = core.settings;
    return { name: core.name, triggersPerHour, triggerBurst, buildsInFlight };
  };
}

/** The limits of all names, also of those that no core has of its own: with others the same events lead elsewhere. */
export function limitsBasis(cores: LagoonCores): unknown {
  const limitsOf = limitsFrom(cores);
  return ['', ...cores.names].map((name) => [name, limitsOf(name)]);
}

export function isLimited({ settings }: LagoonCore): boolean {
  return settings.triggersPerHour > 0 || settings.buildsInFlight > 0;
}

/** Null for a core that is not configured here. */
export function knownCore(cores: LagoonCores, name: string): LagoonCore | null {
  try {
    return cores.of(name);
  } catch (error) {
    if (error instanceof UnknownCoreError) return null;
    throw error;
  }
}

/** Where an attempt stands that waits for admission. */
export interface Queued {
  /** From 1. */
  readonly place: number;
  /** When it is likely to be admitted, in ms since 1970; null where only the end of other builds can tell. */
  readonly estimatedAt: number | null;
}

/** Orders of builds before this one are admitted at the upgrade stage: they may have begun without admission. */
export function isAdmittedFirst({ attemptMs }: Pick<WorkOrder, 'attemptMs'>): boolean {
  return attemptMs !== undefined;
}

/** An upgrade in flight, as far as admission is concerned. */
interface Flight {
  readonly core: string;
  readonly order: Pick<WorkOrder, 'attemptMs' | 'strategy' | 'priority'>;
  readonly phase: 'early' | 'queued' | 'admitted' | 'over';
  /** An operator holds it: it waits for nothing else. */
  readonly isParked: boolean;
  /** Whether the token it was admitted with has been used. */
  readonly isTriggered: boolean;
}

/**
 * What every limited core has been asked for, folded from all events: nothing in it that the store does not
 * hold. The fold starts at the first event, so the first answer takes as long as reading the whole store.
 */
export class CoreUsageProjection implements TailFold {
  readonly name = 'core usage';
  private readonly loads = new Map<string, CoreLoad>();
  private readonly flights = new Map<string, Flight>();

  /** @param limits what `limitsOf` goes by, for checkpoints */
  constructor(
    private readonly limitsOf: LimitsOf,
    private readonly limits: unknown = null,
  ) {}

  /** Raise the version when the same events lead to other places or other room. */
  get basis(): unknown {
    return { version: 1, limits: this.limits };
  }

  entries(): Iterable<KeptUsage> {
    const loads = [...this.loads].map(([core, load]): KeptUsage => ['core', core, load.kept]);
    const [ids, flights] = [[...this.flights.keys()], [...this.flights.values()]];
    return (function* (): Generator<KeptUsage> {
      yield* loads;
      for (const [n, flight] of flights.entries()) yield ['flight', ids[n] ?? '', flight];
    })();
  }

  clear(): void {
    this.loads.clear();
    this.flights.clear();
  }

  takeBack(entry: unknown): void {
    const [kind, name, kept] = entry as KeptUsage;
    if (kind === 'flight') this.flights.set(name, kept);
    else this.knownLoadOf(name).takeBack(kept);
  }

  private knownLoadOf(core: string): CoreLoad {
    const load = this.loadOf(core);
    if (load === null) throw new RangeError(`The core ${core} has no limits`);
    return load;
  }

  record({ instanceId, event, at }: RecordedInstanceEvent): void {
    const before = this.flightAt(instanceId, event);
    if (before === undefined) return;
    const load = this.loadOf(before.core);
    const after = load === null ? before : moved(before, event);
    load?.follow({ instanceId, at }, before, after);
    if (load !== null && isRepeatedTrigger(event)) load.trigger(at);
    if (endsUpgrade(event)) this.flights.delete(instanceId);
    else this.flights.set(instanceId, after);
  }

  /** Nothing more is heard of the instance: it holds no place and no room. */
  forget(instanceId: string, at: number): void {
    const flight = this.flights.get(instanceId);
    if (flight === undefined) return;
    this.loadOf(flight.core)?.follow({ instanceId, at }, flight, { ...flight, phase: 'over' });
    this.flights.delete(instanceId);
  }

  /** Null if there is room, or no limit. */
  why(core: string, now: number): NoRoom | null {
    return this.loadOf(core)?.why(now) ?? null;
  }

  /** How many may begin at once; Infinity without a limit. */
  roomAt(core: string, now: number): number {
    return this.loadOf(core)?.roomAt(now) ?? Number.POSITIVE_INFINITY;
  }

  /** Last moment without room, in ms since 1970; Infinity as long as builds must end first. */
  shutUntil(core: string): number {
    return this.loadOf(core)?.shutUntil ?? Number.NEGATIVE_INFINITY;
  }

  buildsInFlight(core: string): number {
    return this.loadOf(core)?.buildsInFlight ?? 0;
  }

  /** Null if the instance does not wait for admission. */
  queued(instanceId: string, now: number): Queued | null {
    const flight = this.flights.get(instanceId);
    return (flight && this.loadOf(flight.core)?.queued(instanceId, now)) ?? null;
  }

  isQueued(instanceId: string): boolean {
    const flight = this.flights.get(instanceId);
    return flight !== undefined && isWaiting(flight);
  }

  /** Whether the attempt has room already. */
  isAdmitted(instanceId: string): boolean {
    return this.flights.get(instanceId)?.phase === 'admitted';
  }

  /** Everybody who waits for admission at a core, in the order in which they will be admitted. */
  queueAt(core: string): Iterable<string> {
    return this.loadOf(core)?.queue ?? [];
  }

  private flightAt(instanceId: string, { data }: InstanceEvent): Flight | undefined {
    const known = this.flights.get(instanceId);
    if (!('workOrder' in data)) return known;
    const { profile, attemptMs, strategy, priority } = data.workOrder;
    const order = {
      strategy,
      ...(attemptMs === undefined ? {} : { attemptMs }),
      ...(priority === undefined ? {} : { priority }),
    };
    return { ...NEW, ...known, core: profile.core, order };
  }

  private loadOf(core: string): CoreLoad | null {
    const limits = this.limitsOf(core);
    if (limits === null) return null;
    const load = this.loads.get(limits.name) ?? new CoreLoad(limits);
    this.loads.set(limits.name, load);
    return load;
  }
}

/** An entry of a checkpoint. */
type KeptUsage =
  readonly ['core', name: string, KeptLoad] | readonly ['flight', instanceId: string, Flight];

interface KeptLoad {
  readonly queue: KeptQueue;
  readonly underWay: readonly string[];
  readonly bucket: KeptBucket;
  /** Null: never. */
  readonly wasFullUntil: number | null;
}

const NEW = { phase: 'early', isTriggered: false, isParked: false } as const;

function isWaiting({ phase, isParked }: Flight): boolean {
  return phase === 'queued' && !isParked;
}

function moved(flight: Flight, event: InstanceEvent): Flight {
  const { order } = flight;
  if (event.type === 'UpgradePrioritized') {
    return { ...flight, order: { ...order, priority: event.data.priority } };
  }
  const phase = phaseAfter(flight, event);
  const isTriggered =
    event.type === 'DeploymentRequested' || (phase !== 'queued' && flight.isTriggered);
  const isParked = event.type === 'InstanceParked' || (flight.isParked && !opensAgain(event));
  return { ...flight, phase, isTriggered, isParked };
}

function phaseAfter({ phase, order }: Flight, event: InstanceEvent): Flight['phase'] {
  if (event.type === 'UpgradeRetried') return isBeforeDeployment(event) ? 'queued' : 'over';
  if (endsDeployment(event)) return 'over';
  if (phase === 'admitted' || phase === 'over') return phase;
  if (isAdmission(order, event)) return 'admitted';
  return opensQueue(order, event) ? 'queued' : phase;
}

function opensAgain({ type }: InstanceEvent): boolean {
  return type === 'InstanceUnparked' || type === 'UpgradeRetried';
}

function isBeforeDeployment({ data }: InstanceEventOf<'UpgradeRetried'>): boolean {
  return data.fromStage === 'pre-upgrade' || data.fromStage === 'upgrade';
}

function opensQueue(order: Flight['order'], { type }: InstanceEvent): boolean {
  return type === (isAdmittedFirst(order) ? 'UpgradeRequested' : 'UpgradePending');
}

function isAdmission(order: Flight['order'], event: InstanceEvent): boolean {
  if (event.type === 'PreUpgradeStarted') return isAdmittedFirst(order);
  return isUpgradeIntent(event);
}

/** The announcement that an upgrade is about to be asked of Lagoon. */
function isUpgradeIntent(event: InstanceEvent): boolean {
  if (event.type === 'ScriptRequested') return event.data.step === 'upgrade';
  return event.type === 'DeploymentRequested';
}

function isRepeatedTrigger(event: InstanceEvent): boolean {
  return event.type === 'DeploymentRequested' && event.data.callNo > 1;
}

function endsDeployment({ type }: InstanceEvent): boolean {
  return destinationsOf(type).some(
    (status) => status !== 'upgrade-running' && !isBefore(status, 'upgrade-running'),
  );
}

function endsUpgrade({ type }: InstanceEvent): boolean {
  return destinationsOf(type).some((status) => !isInFlight(status));
}

interface Moment {
  readonly instanceId: string;
  readonly at: number;
}

/** What one core has been asked for and has not finished. Times in ms, of events. */
class CoreLoad {
  readonly queue = new StartQueue();
  private readonly underWay = new Set<string>();
  private readonly bucket: TokenBucket;
  private readonly mostBuilds: number;
  private wasFullUntil = Number.NEGATIVE_INFINITY;

  constructor({ triggersPerHour, triggerBurst, buildsInFlight }: CoreLimits) {
    this.bucket = new TokenBucket({ perHour: triggersPerHour, capacity: triggerBurst });
    this.mostBuilds = buildsInFlight === 0 ? Number.POSITIVE_INFINITY : buildsInFlight;
  }

  get kept(): KeptLoad {
    const { wasFullUntil } = this;
    return {
      queue: this.queue.kept,
      underWay: [...this.underWay],
      bucket: this.bucket.kept,
      wasFullUntil: Number.isFinite(wasFullUntil) ? wasFullUntil : null,
    };
  }

  takeBack({ queue, underWay, bucket, wasFullUntil }: KeptLoad): void {
    for (const instanceId of queue.urgent) this.queue.add(instanceId, true);
    for (const instanceId of queue.others) this.queue.add(instanceId, false);
    for (const instanceId of underWay) this.underWay.add(instanceId);
    this.bucket.takeBack(bucket);
    this.wasFullUntil = wasFullUntil ?? Number.NEGATIVE_INFINITY;
  }

  get buildsInFlight(): number {
    return this.underWay.size;
  }

  follow({ instanceId, at }: Moment, before: Flight, after: Flight): void {
    if (isWaiting(after)) {
      this.queue.add(instanceId, after.order.priority === 'urgent');
    } else {
      this.queue.remove(instanceId);
    }
    const isBegun = after.phase === 'admitted' && before.phase !== 'admitted';
    if (isBegun) this.begin({ instanceId, at }, after);
    if (before.phase === 'admitted' && after.phase !== 'admitted') {
      this.end({ instanceId, at }, before);
    }
  }

  trigger(at: number): void {
    this.bucket.spend(at);
  }

  why(now: number): NoRoom | null {
    if (this.isFull) return 'builds-in-flight';
    return this.bucket.emptyUntil > now ? 'trigger-rate' : null;
  }

  roomAt(now: number): number {
    if (this.why(now) !== null) return 0;
    return Math.min(this.mostBuilds - this.underWay.size, Math.max(1, this.bucket.countAt(now)));
  }

  /** Last moment without room; Infinity while nobody can tell when there will be some. */
  get shutUntil(): number {
    if (this.isFull) return Number.POSITIVE_INFINITY;
    return Math.max(this.wasFullUntil, this.bucket.emptyUntil);
  }

  queued(instanceId: string, now: number): Queued | null {
    const place = this.queue.placeOf(instanceId);
    if (place === null) return null;
    const at = this.bucket.timeOf(place);
    return { place, estimatedAt: at === null ? null : Math.max(at, now) };
  }

  /** A script triggers nothing: its admission costs no token. */
  private begin({ instanceId, at }: Moment, { order }: Flight): void {
    this.underWay.add(instanceId);
    if (order.strategy !== 'script') this.trigger(at);
  }

  private end({ instanceId, at }: Moment, { order, isTriggered }: Flight): void {
    const wasFull = this.isFull;
    this.underWay.delete(instanceId);
    if (order.strategy !== 'script' && !isTriggered) this.bucket.giveBack(at);
    if (wasFull && !this.isFull) this.wasFullUntil = at;
  }

  private get isFull(): boolean {
    return this.underWay.size >= this.mostBuilds;
  }
}
