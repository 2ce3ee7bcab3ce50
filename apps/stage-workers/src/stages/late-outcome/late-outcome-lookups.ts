import type { OnApplicationShutdown } from '@nestjs/common';
import type { StoredEvent } from '@uplift/contracts';
import { toInstanceEvent } from '@uplift/contracts';
import type { Attempt, Failure, InstanceState, WorkOrder } from '@uplift/domain';
import { markerOf, scriptMarkerOf } from '@uplift/domain';
import type { DeploymentPhase, LagoonCores, LagoonDeployment, LagoonTask } from '@uplift/lagoon';
import { carriesMarker, deploymentPhase, taskPhase } from '@uplift/lagoon';
import type { Clock } from '@uplift/runtime';

/** An attempt that ended without anybody knowing what became of its effect in Lagoon. */
export interface GivenUp extends Attempt {
  readonly core: string;
  readonly environmentId: number;
  readonly effect: 'deployment' | 'script';
  readonly marker: string;
}

/** Failures that do not say how the effect ended. */
const WITHOUT_OUTCOME = ['stage-timed-out', 'outcome-unknown'];

/** Null for a failure that leaves nothing open, and for an attempt that is not the instance's newest. */
export function givenUpIn(message: StoredEvent, order: WorkOrder): GivenUp | null {
  const event = toInstanceEvent(message);
  if (event.type !== 'UpgradeFailed' || !hadIntent(event.data)) return null;
  const { upgradeId, attempt } = event.data;
  const isNewest = order.upgradeId === upgradeId && order.attempt === attempt;
  if (!isNewest || order.located === null) return null;
  const { environmentId } = order.located;
  const { core } = order.profile;
  const place = { upgradeId, attempt, core, environmentId };
  return order.strategy === 'script'
    ? { ...place, effect: 'script', marker: scriptMarkerOf(order, 'upgrade') }
    : { ...place, effect: 'deployment', marker: markerOf(order) };
}

function hadIntent({ reason, evidence }: Failure): boolean {
  return WITHOUT_OUTCOME.includes(reason) && evidence.status !== 'pending-upgrade';
}

/** False once the outcome is known, or the instance has gone on in another way. */
export function isOpenIn(state: InstanceState, { upgradeId, attempt }: Attempt): boolean {
  if (state.kind !== 'resting' || state.status !== 'upgrade-failed') return false;
  const { lastUpgrade } = state;
  if (lastUpgrade === null || lastUpgrade.lateOutcomeSeen) return false;
  const { workOrder } = lastUpgrade;
  return workOrder.upgradeId === upgradeId && workOrder.attempt === attempt;
}

/** Rows of one environment that are looked at. */
const NEWEST = 20;

interface Gathering {
  readonly environmentIds: Set<number>;
  readonly found: Promise<ReadonlyMap<number, readonly LagoonDeployment[]>>;
}

/** Looks for builds that come within a short time of each other share the requests to their core. */
export class LateOutcomeLookups implements OnApplicationShutdown {
  private readonly gatherings = new Map<string, Gathering>();
  private readonly stopping = new AbortController();

  constructor(
    private readonly cores: LagoonCores,
    /** How long a look-up waits for others, in ms. */
    private readonly gatherMs: number,
    private readonly clock: Clock,
  ) {}

  /**
   * What the attempt left in Lagoon, newest first; null if Lagoon gave no answer for the environment. Throws as
   * reads of Lagoon do, and the signal's reason when it aborts.
   */
  async tracesOf(
    { core, environmentId, effect, marker }: GivenUp,
    signal: AbortSignal,
  ): Promise<readonly Trace[] | null> {
    if (effect === 'script') {
      const { lagoon } = this.cores.of(core);
      return tracesOfTasks(await lagoon.tasksOf(environmentId, { limit: NEWEST }, signal), marker);
    }
    const { environmentIds, found } = this.gatherings.get(core) ?? this.gather(core);
    environmentIds.add(environmentId);
    const rows = (await unlessAborted(found, signal)).get(environmentId);
    return rows === undefined ? null : tracesOfBuilds(rows, marker);
  }

  onApplicationShutdown(): void {
    this.stopping.abort();
  }

  private gather(core: string): Gathering {
    const environmentIds = new Set<number>();
    const gathering = { environmentIds, found: this.lookUp(core, environmentIds) };
    this.gatherings.set(core, gathering);
    return gathering;
  }

  private async lookUp(core: string, environmentIds: ReadonlySet<number>) {
    const { signal } = this.stopping;
    try {
      await this.clock.pause(this.gatherMs, signal);
    } finally {
      this.gatherings.delete(core);
    }
    const ids = [...environmentIds];
    const lookups = ids.map((environmentId) => ({ environmentId, limit: NEWEST }));
    return this.cores.of(core).lagoon.deploymentsOfMany(lookups, signal);
  }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => undefined;
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
  });
  signal.addEventListener('abort', stop, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** A build or task that an attempt left in Lagoon. */
export interface Trace {
  readonly buildName: string;
  readonly status: DeploymentPhase;
}

export interface LateOutcome extends Trace {
  readonly status: Exclude<DeploymentPhase, 'active'>;
}

function tracesOfBuilds(rows: readonly LagoonDeployment[], marker: string): Trace[] {
  const ours = rows.filter(({ bulkName }) => bulkName === marker);
  return ours.map(({ name, status }) => ({ buildName: name, status: deploymentPhase(status) }));
}

function tracesOfTasks(rows: readonly LagoonTask[], marker: string): Trace[] {
  const ours = rows.filter((task) => carriesMarker(task, marker));
  return ours.map(({ taskName, name, status }) => ({
    buildName: taskName ?? name,
    status: taskPhase(status),
  }));
}

/** How it ended, a success first, then the newest; null while any of it runs, or if there is none. */
export function outcomeAmong(traces: readonly Trace[]): LateOutcome | null {
  const ended = traces.filter(hasEnded);
  if (ended.length < traces.length) return null;
  return ended.find(({ status }) => status === 'complete') ?? ended[0] ?? null;
}

function hasEnded(trace: Trace): trace is LateOutcome {
  return trace.status !== 'active';
}
