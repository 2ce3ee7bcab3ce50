import type { InstanceEvent, InstanceEventOf } from './instance.events';

/** The build of an attempt, as far as events tell. */
export interface DeploymentState {
  readonly callNo: number;
  readonly buildName: string;
  readonly bulkId: string | null;
  readonly status: string | null;
  readonly buildStep: string | null;
  /** The newest build that took the place of ours. */
  readonly supersededBy: string | null;
  /** What was said of this build already, each once. */
  readonly alarms: readonly BuildAlarm[];
}

export type BuildAlarm = 'not-visible' | 'not-started';

export function acceptedDeployment({
  callNo,
  buildName,
  bulkId,
}: InstanceEventOf<'DeploymentAccepted'>['data']): DeploymentState {
  return { callNo, bulkId: bulkId ?? null, ...unseen(buildName) };
}

export function deploymentAfter(
  before: DeploymentState | null,
  event: InstanceEvent,
): DeploymentState | null {
  if (event.type === 'DeploymentAccepted') return acceptedDeployment(event.data);
  if (before === null) return null;
  switch (event.type) {
    case 'DeploymentProgressed':
      return { ...before, status: event.data.status, buildStep: event.data.buildStep };
    case 'DeploymentSuperseded':
      return { ...before, supersededBy: event.data.by };
    case 'DuplicateBuildDetected':
      return adopting(event.data.builds, before);
    case 'BuildNotVisible':
      return { ...before, alarms: [...before.alarms, 'not-visible'] };
    case 'BuildNotStarted':
      return { ...before, alarms: [...before.alarms, 'not-started'] };
    case 'UpgradeCompleted':
    case 'DeploymentCancelled':
      return null;
    default:
      return before;
  }
}

/** The newest of several builds is the one whose images the environment ends up with. */
function adopting([newest]: readonly string[], before: DeploymentState): DeploymentState {
  return newest === undefined || newest === before.buildName
    ? before
    : { ...before, ...unseen(newest) };
}

function unseen(buildName: string) {
  return { buildName, status: null, buildStep: null, supersededBy: null, alarms: [] };
}
