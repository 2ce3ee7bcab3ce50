import type {
  InstanceEvent,
  InstanceEventOf,
  RecordedInstanceEvent,
  Transition,
} from '@uplift/domain';
import { isInFlight, LIFECYCLE } from '@uplift/domain';
import type { NoRoom } from './admission-gate.port';
import type { LimitsOf } from './core-limits';
import { CoreLoad } from './core-load';

/**
 * What every limited core has been asked for, folded from all events: nothing in it that the store does not
 * hold. The fold starts at the first event, so the first answer takes as long as reading the whole store.
 */
export class AdmissionBook {
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
  const { to }: Transition = LIFECYCLE[type];
  return to !== 'unchanged' && to !== 'upgrade-running';
}

function endsUpgrade({ type }: InstanceEvent): boolean {
  const { to }: Transition = LIFECYCLE[type];
  return to !== 'unchanged' && to !== 'before-stage-in-data' && !isInFlight(to);
}
