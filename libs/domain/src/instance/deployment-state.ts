import type { InstanceEvent, InstanceEventOf } from './instance.events';

/** The newest call to Lagoon of an attempt, as far as events tell. */
export interface DeploymentState {
  readonly callNo: number;
  readonly buildName: string | null;
  readonly status: string | null;
  readonly buildStep: string | null;
}

export function acceptedDeployment({
  callNo,
  buildName,
}: InstanceEventOf<'DeploymentAccepted'>['data']): DeploymentState {
  return { callNo, buildName, status: null, buildStep: null };
}

export function deploymentAfter(
  before: DeploymentState | null,
  event: InstanceEvent,
): DeploymentState | null {
  switch (event.type) {
    case 'DeploymentRequested':
      return { callNo: event.data.callNo, buildName: null, status: null, buildStep: null };
    case 'DeploymentAccepted':
      return acceptedDeployment(event.data);
    case 'DeploymentProgressed':
      return before && { ...before, status: event.data.status, buildStep: event.data.buildStep };
    case 'UpgradeCompleted':
      return null;
    default:
      return before;
  }
}
