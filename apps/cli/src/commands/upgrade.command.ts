import { Command } from 'commander';
import type { ApiClient } from '../api-client';
import type { CliContext } from '../cli-context';
import type { Row } from '../output/printer';
import { cancelUpgradeCommand } from './cancel-upgrade.command';
import { triggerUpgradeCommand } from './trigger-upgrade.command';
import { watchUpgrade } from './watch-upgrade';

interface StageTimes {
  readonly stage: string;
  readonly queuedMs: number | null;
  readonly activeMs: number | null;
}

export interface UpgradeAnswer {
  readonly upgradeId: string;
  readonly instanceId: string;
  readonly outcome: string;
  readonly buildName: string | null;
  readonly failure: { readonly reason: string } | null;
  readonly stages: readonly StageTimes[];
}

export function upgradeCommand(context: CliContext): Command {
  const upgrade = new Command('upgrade').description('trigger upgrades, follow and cancel them');
  upgrade.addCommand(triggerUpgradeCommand(context));
  upgrade.addCommand(cancelUpgradeCommand(context));
  upgrade
    .command('get')
    .argument('<upgrade>', 'upgrade id')
    .action(async (upgradeId: string) => {
      const document = await getUpgrade(context.api, upgradeId);
      context.printer.print({ document, rows: rowsOf(document.upgrade) });
    });
  upgrade
    .command('watch')
    .description('print every event of an upgrade until it has ended')
    .argument('<upgrade>', 'upgrade id')
    .option('--timeout <seconds>', 'give up after this long', '43200')
    .action(async (upgradeId: string, { timeout }: { timeout: string }) => {
      const { instanceId } = (await getUpgrade(context.api, upgradeId)).upgrade;
      await watchUpgrade(context, { upgradeId, instanceId }, Number(timeout));
    });
  return upgrade;
}

function getUpgrade(
  api: ApiClient,
  upgradeId: string,
): Promise<{ readonly upgrade: UpgradeAnswer }> {
  return api.json(`/v1/upgrades/${encodeURIComponent(upgradeId)}`);
}

function rowsOf({ upgradeId, outcome, failure, buildName, stages }: UpgradeAnswer): Row[] {
  return stages.map(({ stage, queuedMs, activeMs }) => ({
    ...{ upgrade: upgradeId, outcome, stage, queuedMs, activeMs, build: buildName },
    failure: failure?.reason ?? null,
  }));
}
