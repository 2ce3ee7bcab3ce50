import type { DeploymentState } from './deployment-state';
import type { InstanceCommandOf } from './instance.commands';
import { StepNotReachedError } from './instance.errors';
import type { InstanceEvent } from './instance.events';
import type { UpgradingInstance } from './instance.state';

/** What a poller sees of a build that has not ended. */
export type ObservationCommand = InstanceCommandOf<
  'ProgressDeployment' | 'SupersedeDeployment' | 'ReportInvisibleBuild' | 'ReportUnstartedBuild'
>;

/** Lagoon's order of non-terminal statuses: an observation never moves a deployment back. */
const PROGRESS = ['new', 'queued', 'pending', 'running'];

export function eventsOfObservation(
  command: ObservationCommand,
  { deployment, status }: UpgradingInstance,
): readonly InstanceEvent[] {
  if (deployment === null) throw new StepNotReachedError(command.type, status);
  switch (command.type) {
    case 'ProgressDeployment':
      return progressed(command.data, deployment);
    case 'SupersedeDeployment':
      return command.data.by === deployment.supersededBy
        ? []
        : [{ type: 'DeploymentSuperseded', data: command.data }];
    case 'ReportInvisibleBuild':
      return isNews(deployment, 'not-visible', command.data.buildName)
        ? [{ type: 'BuildNotVisible', data: command.data }]
        : [];
    case 'ReportUnstartedBuild':
      return isNews(deployment, 'not-started', command.data.buildName)
        ? [{ type: 'BuildNotStarted', data: command.data }]
        : [];
  }
}

function progressed(
  data: InstanceCommandOf<'ProgressDeployment'>['data'],
  { status, buildStep }: DeploymentState,
): readonly InstanceEvent[] {
  const isSame = data.status === status && data.buildStep === buildStep;
  const isBackwards =
    status !== null &&
    PROGRESS.includes(data.status) &&
    PROGRESS.indexOf(data.status) < PROGRESS.indexOf(status);
  return isSame || isBackwards ? [] : [{ type: 'DeploymentProgressed', data }];
}

function isNews(
  { alarms, buildName }: DeploymentState,
  alarm: DeploymentState['alarms'][number],
  named: string,
): boolean {
  return buildName === named && !alarms.includes(alarm);
}
