import type { InstanceEvent, RecordedInstanceEvent } from '@uplift/domain';
import type { TailFold } from '@uplift/event-store';
import type { LimitsOf } from './core-limits';
import type { KeptLoad, NoRoom, Queued } from './core-load';
import { CoreLoad } from './core-load';
import type { Flight } from './flight';
import { endsUpgrade, isRepeatedTrigger, isWaiting, moved, NEW_FLIGHT } from './flight';

/** What every limited core has been asked for, folded from all events: nothing in it that the store does not hold. */
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
    return { ...NEW_FLIGHT, ...known, core: profile.core, order };
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
