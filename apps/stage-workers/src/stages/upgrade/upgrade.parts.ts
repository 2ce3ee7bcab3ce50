import { LagoonCores } from '@uplift/lagoon';
import { AdmissionGate } from '../../admission/admission-gate.port';
import { busHandler } from '../../bus-handler';
import { EffectProtocol } from '../../effects/effect-protocol';
import { ScriptRunner } from '../../effects/script-runner';
import type { StagePart } from '../../stage-part';
import type { StageRuntime } from '../../stage-workers.settings';
import { UpgradeScript } from './upgrade-script';
import type { UpgradeStageParts } from './upgrade.stage';
import { UpgradeStage } from './upgrade.stage';

/** Each holds a connection of its own to Lagoon. */
const MOST_AT_ONCE = 256;

export function upgradeParts({ configuration }: StageRuntime): StagePart {
  const { workerId: worker, callTimeoutMs: timeoutMs } = configuration;
  const options = { worker, timeoutMs, concurrency: MOST_AT_ONCE };
  return {
    controllers: [busHandler('upgrade', UpgradeStage)],
    providers: [
      {
        provide: UpgradeScript,
        inject: [ScriptRunner],
        useFactory: (scripts: ScriptRunner) => new UpgradeScript(scripts, worker),
      },
      {
        provide: UpgradeStage,
        inject: [LagoonCores, AdmissionGate, EffectProtocol, UpgradeScript],
        useFactory: (...[cores, gate, protocol, script]: UpgradeDependencies) =>
          new UpgradeStage({ cores, gate, protocol, script }, options),
      },
    ],
  };
}

type UpgradeDependencies = [
  UpgradeStageParts['cores'],
  UpgradeStageParts['gate'],
  UpgradeStageParts['protocol'],
  UpgradeStageParts['script'],
];
