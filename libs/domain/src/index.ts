export * from './decider';
export * from './labels';
export * from './status';
export * from './environment/environment';
export { isWaitForStart, opensStage, placeIn } from './instance/attempt-progress';
export type {
  AttemptNotes,
  BuildAlarm,
  CallState,
  DeploymentState,
  Wait,
} from './instance/attempt-progress';
export { unsettledEffectOf, scriptStepIn } from './instance/ended-upgrade';
export * from './instance/instance.durables';
export * from './instance/instance.errors';
export * from './instance/instance.events';
export * from './instance/instance.evolve';
export * from './instance/instance.lifecycle';
export * from './instance/instance.profile';
export * from './instance/instance.snapshot';
export * from './instance/instance.state';
export * from './instance/reasons';
export * from './instance/stage-failure';
export * from './instance/upgrade-target';
export * from './instance/work-order';
export * from './commands/allowed-commands';
export * from './commands/instance.decider';
export { changedProfile, deepEqual } from './commands/registration.commands';
export type { ProfileChanges } from './commands/registration.commands';
export * from './system/api-tokens';
export * from './system/audited-reads';
export * from './system/decisions';
export * from './system/erasures';
export * from './system/findings';
export * from './system/refusals';
export * from './system/system-switch';
export * from './system/system.events';
export * from './views/finding.view';
export * from './views/instance.view';
export * from './views/stage-marks';
export * from './views/switch.view';
export * from './views/timeline.view';
export * from './views/upgrade.view';
export * from './views/waiting.view';
