/** Progress of a build is recorded as often as it was seen to change, and is left out. */
export const WHOLE_PATH = [
  'InstanceRegistered',
  'UpgradeRequested',
  'PreUpgradeStarted',
  'ScriptRequested',
  'ScriptAccepted',
  'PreUpgradeCompleted',
  'UpgradePending',
  'UpgradeStarted',
  'DeploymentRequested',
  'DeploymentAccepted',
  'UpgradeCompleted',
  'PostUpgradePending',
  'PostUpgradeStarted',
  'ScriptRequested',
  'ScriptAccepted',
  'PostUpgradeCompleted',
  'InstanceVerifiedHealthy',
];

/** Up to and including the first event of a type. */
export function upTo(type: string): readonly string[] {
  return WHOLE_PATH.slice(0, WHOLE_PATH.indexOf(type) + 1);
}

/** Behind the first event of a type, up to and including the last one of another. */
export function between(after: string, last: string): readonly string[] {
  return WHOLE_PATH.slice(WHOLE_PATH.indexOf(after) + 1, WHOLE_PATH.lastIndexOf(last) + 1);
}
