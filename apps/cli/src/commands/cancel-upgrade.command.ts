import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { CliContext } from '../cli-context';
import { instancePath } from './instance.command';
import type { UpgradeCommandAnswer } from './upgrade-command-answer';
import { upgradeCommandRow } from './upgrade-command-answer';

interface CancelOptions {
  readonly reason: string;
  readonly key?: string;
}

export function cancelUpgradeCommand(context: CliContext): Command {
  return new Command('cancel')
    .description('stop an upgrade before its deployment is complete')
    .argument('<instance>', 'instance id')
    .argument('<upgrade>', 'upgrade id')
    .requiredOption('--reason <text>', 'why, for the audit')
    .option('--key <key>', 'idempotency key; made up if left out')
    .action(async (instanceId: string, upgradeId: string, options: CancelOptions) => {
      const { reason, key = randomUUID() } = options;
      const document = await context.api.json<UpgradeCommandAnswer>(
        `${instancePath(instanceId)}/upgrades/${encodeURIComponent(upgradeId)}/cancel`,
        { method: 'POST', headers: { 'idempotency-key': key }, body: { reason } },
      );
      context.printer.print({ document, rows: [upgradeCommandRow(document)] });
    });
}
