import type { OnApplicationShutdown } from '@nestjs/common';
import type {
  Attempt,
  InstanceState,
  LocatedEnvironment,
  TaskReference,
  UnsettledEffect,
  WorkOrder,
} from '@uplift/domain';
import type {
  DeploymentPhase,
  LagoonCore,
  LagoonCores,
  LagoonDeployment,
  LagoonTask,
} from '@uplift/lagoon';
import { carriesMarker, deploymentPhase, taskPhase } from '@uplift/lagoon';
import type { Clock } from '@uplift/runtime';
import { locate } from '../../effects/located';

/** An attempt that ended without anybody knowing what became of its effect in Lagoon. */
export interface GivenUp extends UnsettledEffect {
  readonly order: WorkOrder;
}

/** Null once the outcome is known, if the instance has gone on in another way, and for another attempt. */
export function givenUpIn(state: InstanceState, { upgradeId, attempt }: Attempt): GivenUp | null {
  if (state.kind !== 'resting' || !state.status.endsWith('-failed')) return null;
  if (state.lastUpgrade === null) return null;
  const { workOrder: order, unsettled } = state.lastUpgrade;
  const isOurs = order.upgradeId === upgradeId && order.attempt === attempt;
  return isOurs && unsettled !== null ? { ...unsettled, order } : null;
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
  async sightOf(left: GivenUp, signal: AbortSignal): Promise<Sight | null> {
    const { lagoon } = this.coreOf(left.order);
    const located = await locate(lagoon, left.order, signal);
    if (located === null) return null;
    const traces = await this.tracesOf(left, located.environmentId, signal);
    return traces && { traces, located };
  }

  coreOf({ profile }: WorkOrder): LagoonCore {
    return this.cores.of(profile.core);
  }

  private async tracesOf(
    { effect, marker, order }: GivenUp,
    environmentId: number,
    signal: AbortSignal,
  ): Promise<readonly Trace[] | null> {
    const { core } = order.profile;
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
  /** Null for a build. */
  readonly task: TaskReference | null;
  readonly status: DeploymentPhase;
}

/** What Lagoon shows of an attempt at one time. */
export interface Sight {
  readonly traces: readonly Trace[];
  readonly located: LocatedEnvironment;
}

export interface LateOutcome extends Trace {
  readonly status: Exclude<DeploymentPhase, 'active'>;
}

function tracesOfBuilds(rows: readonly LagoonDeployment[], marker: string): Trace[] {
  const ours = rows.filter(({ bulkName }) => bulkName === marker);
  return ours.map(({ name, status }) => ({
    buildName: name,
    task: null,
    status: deploymentPhase(status),
  }));
}

function tracesOfTasks(rows: readonly LagoonTask[], marker: string): Trace[] {
  const ours = rows.filter((task) => carriesMarker(task, marker));
  return ours.map(({ id: taskId, taskName, name, status }) => ({
    buildName: taskName ?? name,
    task: { taskId, taskName: taskName ?? name },
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
