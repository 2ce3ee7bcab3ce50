import { UPGRADE_STRATEGIES } from '@uplift/domain';
import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { CliContext } from '../cli-context';
import { instancePath } from './instance.command';
import type { TargetOptions } from './target-options';
import { targetOf, targetOptions } from './target-options';
import type { UpgradeCommandAnswer } from './upgrade-command-answer';
import { upgradeCommandRow } from './upgrade-command-answer';
import { watchUpgrade } from './watch-upgrade';

interface TriggerOptions extends TargetOptions {
  readonly strategy?: string;
  readonly wave?: string;
  readonly reason: string;
  readonly key?: string;
  readonly wait?: boolean;
  readonly timeout: string;
}

export function triggerUpgradeCommand(context: CliContext): Command {
  const command = new Command('trigger')
    .description('ask for an upgrade of one instance')
    .argument('<instance>', 'instance id')
    .requiredOption('--reason <text>', 'why, for the audit')
    .option('--strategy <name>', `${UPGRADE_STRATEGIES.join(', ')}; else the plan of the instance`)
    .option('--wave <id>', 'upgrades of one wave are polled together')
    .option('--key <key>', 'idempotency key; made up if left out')
    .option('--wait', 'follow the upgrade to its end')
    .option('--timeout <seconds>', 'give up waiting after this long', '43200')
    .action((instanceId: string, options: TriggerOptions) => trigger(context, instanceId, options));
  targetOptions().forEach((option) => command.addOption(option));
  return command;
}

async function trigger(
  context: CliContext,
  instanceId: string,
  options: TriggerOptions,
): Promise<void> {
  const { key = randomUUID(), wait, timeout } = options;
  const document = await context.api.json<UpgradeCommandAnswer>(
    `${instancePath(instanceId)}/upgrades`,
    { method: 'POST', headers: { 'idempotency-key': key }, body: bodyOf(options) },
  );
  if (wait) return watchUpgrade(context, document, Number(timeout));
  context.printer.print({ document, rows: [upgradeCommandRow(document)] });
}

function bodyOf(options: TriggerOptions): object {
  const { strategy, reason, wave: waveId } = options;
  return {
    reason,
    ...(strategy === undefined ? {} : { strategy }),
    ...(waveId === undefined ? {} : { waveId }),
    ...targetOf(options),
  };
}
