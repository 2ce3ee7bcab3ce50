import type { EffectOptions } from '../effects/effect-protocol';
import { EffectProtocol } from '../effects/effect-protocol';
import { ScriptRunner } from '../effects/script-runner';
import type { StageScene } from './stage-scene';

export const WORKER = 'w';

/** The default lease and timeout, and waits that are over at once. */
export const QUICK_EFFECTS: EffectOptions = {
  leaseMs: 30_000,
  timeoutMs: 20_000,
  intervalMs: 1,
  notFoundGapMs: 2,
  settleWindowMs: 4,
  permissionTries: 3,
  permissionPauseMs: 1,
};

export function protocolWith(changes: Partial<EffectOptions> = {}): EffectProtocol {
  return new EffectProtocol({ ...QUICK_EFFECTS, ...changes }, WORKER);
}

export function scriptsOf({ cores }: StageScene, patienceMs = 10_000): ScriptRunner {
  return new ScriptRunner(cores, protocolWith(), { pollIntervalMs: 1, patienceMs });
}
