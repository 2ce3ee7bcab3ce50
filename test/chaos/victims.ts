import type { InstanceStatus } from '@uplift/domain';
import type { InfrastructureName, ServiceName } from '../../tools/stack/src';
import type { StoreLog } from '../support/store-log';

/** Who is killed, when, and whose work then lies still until it is back. */
export interface Victim {
  readonly name: ServiceName | InfrastructureName;
  /** The kill comes as soon as this many instances have got as far as this event. */
  readonly strikeAt: { readonly type: string; readonly instances: number };
  /** Statuses in which an instance waits for the victim; absent: any upgrade in flight. */
  readonly holds?: readonly InstanceStatus[];
}

export const STAGE_WORKERS: readonly Victim[] = [
  {
    name: 'pre-upgrade',
    strikeAt: { type: 'PreUpgradeStarted', instances: 5 },
    holds: ['pending-pre-upgrade', 'pre-upgrade-running'],
  },
  {
    name: 'upgrade',
    strikeAt: { type: 'DeploymentRequested', instances: 5 },
    holds: ['pending-upgrade', 'upgrade-running'],
  },
  {
    name: 'poll-upgrade',
    strikeAt: { type: 'DeploymentProgressed', instances: 5 },
    holds: ['upgrade-running', 'post-upgrade-completed'],
  },
  {
    name: 'post-upgrade',
    strikeAt: { type: 'PostUpgradeStarted', instances: 5 },
    holds: ['pending-post-upgrade', 'post-upgrade-running'],
  },
];

const EARLY = { type: 'UpgradeRequested', instances: 10 };
const MIDWAY = { type: 'DeploymentAccepted', instances: 5 };

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
