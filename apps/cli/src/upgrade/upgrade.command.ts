import type { UpgradeDocument } from '@uplift/contracts';
import { UPGRADE_STRATEGIES } from '@uplift/domain';
import { Command } from 'commander';
import type { Answer } from '../api-client';
import type { CliContext } from '../cli-context';
import { instancePath } from '../instance.command';
import type { Row } from '../printer';
import { operatorCommands, priorityOption } from './operator.commands';
import type { TargetOptions } from './target-options';
import { targetOf, targetOptions } from './target-options';
import type { UpgradeCommandAnswer } from './watch-upgrade';
import { printAnswer, waitForUpgrade, watchUpgrade } from './watch-upgrade';

interface TriggerOptions extends TargetOptions {
  readonly strategy?: string;
  readonly wave?: string;
  readonly repair?: boolean;
  readonly priority?: string;
  readonly startBy?: string;
  readonly reason: string;
  readonly key?: string;
  readonly wait?: boolean;
  readonly timeout: string;
}

export function upgradeCommand(context: CliContext): Command {
  const upgrade = new Command('upgrade')
    .description('trigger upgrades, follow them and step in')
    .addCommand(triggerCommand(context));
  operatorCommands(context).forEach((command) => upgrade.addCommand(command));
  return upgrade.addCommand(getCommand(context)).addCommand(watchCommand(context));
}

function triggerCommand(context: CliContext): Command {
  const command = new Command('trigger')
    .description('ask for an upgrade of one instance')
    .argument('<instance>', 'instance id')
    .requiredOption('--reason <text>', 'why, for the audit')
    .option('--strategy <name>', `${UPGRADE_STRATEGIES.join(', ')}; else the plan of the instance`)
    .option('--wave <id>', 'upgrades of one wave are polled together')
    .option('--repair', 'also of an instance that is unhealthy or does not answer')
    .addOption(priorityOption())
    .option('--start-by <time>', 'RFC 3339; not begun by then, the upgrade expires')
    .option('--key <key>', 'idempotency key; made up if left out')
    .option('--wait', 'follow the upgrade to its end')
    .option('--timeout <seconds>', 'give up waiting after this long', '43200')
    .action(async (instanceId: string, options: TriggerOptions) => {
      const { strategy, reason, wave: waveId, repair, priority, startBy } = options;
      const { key, wait, timeout } = options;
      const asked = { repair, priority, startBy };
      const body = { reason, strategy, waveId, ...asked, ...targetOf(options) };
      const path = `${instancePath(instanceId)}/upgrades`;
      const document = await context.command<UpgradeCommandAnswer>(path, body, key);
      if (!wait) return printAnswer(context, document);
      await waitForUpgrade(context, document, Number(timeout));
    });
  targetOptions().forEach((option) => command.addOption(option));
  return command;
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
    .description('print every event of an upgrade, from the first, until it has ended')
    .argument('<upgrade>', 'upgrade id')
    .option('--timeout <seconds>', 'give up after this long', '43200')
    .action(async (upgradeId: string, { timeout }: { timeout: string }) => {
      const { upgrade } = await getUpgrade(context, upgradeId);
      await watchUpgrade(context, upgrade, Number(timeout));
    });
}

function getUpgrade(context: CliContext, upgradeId: string): Promise<Answer<'upgrade'>> {
  return context.ask<'upgrade'>(`/v1/upgrades/${encodeURIComponent(upgradeId)}`);
}

function rowsOf({ upgradeId, outcome, stages, ...upgrade }: UpgradeDocument): Row[] {
  const { buildName: build, failure } = upgrade;
  return stages.map(({ stage, queuedMs, activeMs }) => ({
    ...{ upgrade: upgradeId, outcome, stage, queuedMs, activeMs, build },
    failure: failure?.reason ?? null,
  }));
}
