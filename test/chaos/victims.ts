import type { InstanceEventType, InstanceStatus } from '@uplift/domain';
import type { InfrastructureName, ServiceName } from '../../tools/stack/src';
import type { StoreLog } from '../support/store-log';

/** A mutation of Lagoon whose answer the victim must not live to see. */
export interface DoubtfulCall {
  readonly field: 'deployEnvironmentLatest' | 'addTask';
  /** Events that show its answer to have been received. */
  readonly answeredBy: readonly InstanceEventType[];
}

/** Who is killed, when, and whose work then lies still until it is back. */
export interface Victim {
  readonly name: ServiceName | InfrastructureName;
  /** The kill comes as soon as this many instances have got as far as this event. */
  readonly strikeAt: { readonly type: InstanceEventType; readonly instances: number };
  /** And as soon as that many of these calls have taken place and are not answered. */
  readonly inDoubt?: DoubtfulCall;
  /** Statuses in which an instance waits for the victim; absent: any upgrade in flight. */
  readonly holds?: readonly InstanceStatus[];
}

const FEW = 5;

const TASK: DoubtfulCall = {
  field: 'addTask',
  answeredBy: ['PreUpgradeCompleted', 'PostUpgradeCompleted'],
};

export const STAGE_WORKERS: readonly Victim[] = [
  {
    name: 'pre-upgrade',
    strikeAt: { type: 'PreUpgradeStarted', instances: FEW },
    inDoubt: TASK,
    holds: ['pending-pre-upgrade', 'pre-upgrade-running'],
  },
  {
    name: 'upgrade',
    strikeAt: { type: 'DeploymentRequested', instances: FEW },
    inDoubt: { field: 'deployEnvironmentLatest', answeredBy: ['DeploymentAccepted'] },
    holds: ['pending-upgrade', 'upgrade-running'],
  },
  {
    name: 'poll-upgrade',
    strikeAt: { type: 'DeploymentProgressed', instances: FEW },
    holds: ['upgrade-running', 'post-upgrade-completed'],
  },
  {
    name: 'post-upgrade',
    strikeAt: { type: 'PostUpgradeStarted', instances: FEW },
    inDoubt: TASK,
    holds: ['pending-post-upgrade', 'post-upgrade-running'],
  },
];

const EARLY = { type: 'UpgradeRequested', instances: 2 * FEW } as const;
const MIDWAY = { type: 'DeploymentAccepted', instances: FEW } as const;

export const OTHER_SERVICES: readonly Victim[] = [
  { name: 'relay', strikeAt: MIDWAY },
  { name: 'projector', strikeAt: MIDWAY },
  { name: 'command-api', strikeAt: EARLY },
  { name: 'watchdog', strikeAt: MIDWAY },
];

export const INFRASTRUCTURE: readonly Victim[] = [
  { name: 'eventstore', strikeAt: EARLY },
  { name: 'eventstore', strikeAt: MIDWAY },
  { name: 'nats', strikeAt: MIDWAY },
  { name: 'postgres', strikeAt: MIDWAY },
];

/** Those of the instances that cannot go on without the victim. */
export function heldBack(victim: Victim, log: StoreLog, instanceIds: readonly string[]): string[] {
  const { holds } = victim;
  return log.inFlight(instanceIds).filter((id) => {
    const status = log.statusOf(id);
    return holds === undefined || (status !== undefined && holds.includes(status));
  });
}
