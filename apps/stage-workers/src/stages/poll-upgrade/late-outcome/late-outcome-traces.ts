import type { DeploymentPhase, LagoonDeployment, LagoonTask } from '@uplift/lagoon';
import { carriesMarker, deploymentPhase, taskPhase } from '@uplift/lagoon';

/** A build or task that an attempt left in Lagoon. */
export interface Trace {
  readonly buildName: string;
  readonly status: DeploymentPhase;
}

export interface LateOutcome extends Trace {
  readonly status: Exclude<DeploymentPhase, 'active'>;
}

export function tracesOfBuilds(rows: readonly LagoonDeployment[], marker: string): Trace[] {
  const ours = rows.filter(({ bulkName }) => bulkName === marker);
  return ours.map(({ name, status }) => ({ buildName: name, status: deploymentPhase(status) }));
}

export function tracesOfTasks(rows: readonly LagoonTask[], marker: string): Trace[] {
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
