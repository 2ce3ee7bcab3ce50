import type { CommandAnswer, UpgradeDocument } from '@uplift/contracts';
import { UPGRADE_STRATEGIES } from '@uplift/domain';
import { Command } from 'commander';
import type { Answer } from '../api-client';
import type { CliContext } from '../cli-context';
import { instancePath } from '../instance.command';
import type { Row } from '../printer';
import type { TargetOptions } from './target-options';
import { targetOf, targetOptions } from './target-options';
import { watchUpgrade } from './watch-upgrade';

type UpgradeCommandAnswer = Required<CommandAnswer>;

interface TriggerOptions extends TargetOptions {
  readonly strategy?: string;
  readonly wave?: string;
  readonly reason: string;
  readonly key?: string;
  readonly wait?: boolean;
  readonly timeout: string;
}

interface CancelOptions {
  readonly reason: string;
  readonly key?: string;
}

export function upgradeCommand(context: CliContext): Command {
  return new Command('upgrade')
    .description('trigger upgrades, follow and cancel them')
    .addCommand(triggerCommand(context))
    .addCommand(cancelCommand(context))
    .addCommand(getCommand(context))
    .addCommand(watchCommand(context));
}

function triggerCommand(context: CliContext): Command {
  const command = new Command('trigger')
    .description('ask for an upgrade of one instance')
    .argument('<instance>', 'instance id')
    .requiredOption('--reason <text>', 'why, for the audit')
    .option('--strategy <name>', `${UPGRADE_STRATEGIES.join(', ')}; else the plan of the instance`)
    .option('--wave <id>', 'upgrades of one wave are polled together')
    .option('--key <key>', 'idempotency key; made up if left out')
    .option('--wait', 'follow the upgrade to its end')
    .option('--timeout <seconds>', 'give up waiting after this long', '43200')
    .action(async (instanceId: string, options: TriggerOptions) => {
      const { strategy, reason, wave: waveId, key, wait, timeout } = options;
      const body = { reason, strategy, waveId, ...targetOf(options) };
      const path = `${instancePath(instanceId)}/upgrades`;
      const document = await context.command<UpgradeCommandAnswer>(path, body, key);
      if (wait) return watchUpgrade(context, document, Number(timeout));
      printAnswer(context, document);
    });
  targetOptions().forEach((option) => command.addOption(option));
  return command;
}

function cancelCommand(context: CliContext): Command {
  return new Command('cancel')
    .description('stop an upgrade before its deployment is complete')
    .argument('<instance>', 'instance id')
    .argument('<upgrade>', 'upgrade id')
    .requiredOption('--reason <text>', 'why, for the audit')
    .option('--key <key>', 'idempotency key; made up if left out')
    .action(async (instanceId: string, upgradeId: string, { reason, key }: CancelOptions) => {
      const upgrade = `${instancePath(instanceId)}/upgrades/${encodeURIComponent(upgradeId)}`;
      printAnswer(context, await context.command(`${upgrade}/cancel`, { reason }, key));
    });
}

function getCommand(context: CliContext): Command {
  return new Command('get')
    .argument('<upgrade>', 'upgrade id')
    .action(async (upgradeId: string) => {
      const document = await getUpgrade(context, upgradeId);
      context.printer.print({ document, rows: rowsOf(document.upgrade) });
    });
}

function watchCommand(context: CliContext): Command {
  return new Command('watch')
    .description('print every event of an upgrade until it has ended')
    .argument('<upgrade>', 'upgrade id')
    .option('--timeout <seconds>', 'give up after this long', '43200')
    .action(async (upgradeId: string, { timeout }: { timeout: string }) => {
      const { upgrade } = await getUpgrade(context, upgradeId);
      await watchUpgrade(context, upgrade, Number(timeout));
    });
}

function getUpgrade({ api }: CliContext, upgradeId: string): Promise<Answer<'upgrade'>> {
  return api.json(`/v1/upgrades/${encodeURIComponent(upgradeId)}`);
}

function printAnswer({ printer }: CliContext, document: UpgradeCommandAnswer): void {
  const { upgradeId: upgrade, status, revision, position } = document;
  printer.print({ document, rows: [{ upgrade, status, revision, position }] });
}

function rowsOf({ upgradeId, outcome, stages, ...upgrade }: UpgradeDocument): Row[] {
  const { buildName: build, failure } = upgrade;
  return stages.map(({ stage, queuedMs, activeMs }) => ({
    ...{ upgrade: upgradeId, outcome, stage, queuedMs, activeMs, build },
    failure: failure?.reason ?? null,
  }));
}
