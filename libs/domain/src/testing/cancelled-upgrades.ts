import type { InstanceEvent } from '../instance/instance.events';
import type { WorkOrder } from '../instance/work-order';
import type { TASK } from './examples';
import { event, MARKER, PROFILE } from './examples';
import { HISTORY_INTO, ordering, upTo } from './histories';

/* What a cancel meets: upgrades with and without a script, at the places where something may be under way. */

export const UNSCRIPTED: Partial<WorkOrder> = {
  profile: { ...PROFILE, scripts: { preUpgrade: null, postUpgrade: null } },
};
export const VARIABLES: Partial<WorkOrder> = {
  ...UNSCRIPTED,
  strategy: 'variables',
  target: { variables: [{ name: 'FEATURE_X', value: 'on', scope: 'RUNTIME' }] },
};
export const SCRIPT: Partial<WorkOrder> = {
  ...UNSCRIPTED,
  strategy: 'script',
  target: { script: { service: 'cli', command: 'migrate' } },
};

export const plain = (events: readonly InstanceEvent[]) => ordering(UNSCRIPTED, events);
export const asked = event('UpgradeCancelRequested', { reason: 'wrong release' });
export const requested = plain(upTo('DeploymentRequested'));
export const accepted = plain(upTo('DeploymentAccepted'));
export const stopping = [...accepted, asked];
export const cancelled = event('UpgradeCancelled');
export const [stopped = cancelled] = ordering(UNSCRIPTED, [event('DeploymentCancelled')]);
export const failed = event('UpgradeFailed', { reason: 'deployment-failed' });

/** What leads to the verification, of an attempt with this order. */
export const verifying = (
  step: 'pre-upgrade' | 'upgrade',
  changes: Partial<WorkOrder> = {},
  task: typeof TASK | null = null,
): InstanceEvent => {
  const [found] = ordering(changes, [event('ScriptCancelled', { step, task })]);
  const [told = cancelled] = ordering({ leftAt: step }, found ? [found] : []);
  return told;
};

const intent = event('ScriptRequested');
export const taken = event('ScriptAccepted');
export const preScript = [...HISTORY_INTO['pre-upgrade-running'], intent];
export const upgradeScript = [
  ...ordering(SCRIPT, upTo('UpgradeStarted')),
  event('ScriptRequested', { step: 'upgrade', marker: `${MARKER}-script` }),
];
export const setting = [
  ...ordering(VARIABLES, HISTORY_INTO['pending-upgrade']),
  event('VariablesRequested'),
];
