import { Command } from 'commander';
import type { CliContext } from './cli-context';

interface SwitchOptions {
  readonly core?: string;
  readonly reason: string;
  readonly key?: string;
}

interface SwitchAnswer {
  readonly revision: number;
  readonly position: string;
}

export function systemCommand(context: CliContext): Command {
  const system = new Command('system')
    .description('stop all starts of upgrades, and allow them again')
    .addCommand(switchCommand(context, 'stop-starts', 'begin no upgrade and trigger no deployment'))
    .addCommand(switchCommand(context, 'allow-starts', 'let upgrades start again'));
  system
    .command('status')
    .description('which starts are stopped, by whom, why and since when')
    .action(async () => {
      const document = await context.ask<'system'>('/v1/system');
      const rows = document.stops.map(({ core, since, requestedBy, reason }) => {
        return { core: core ?? 'all', since, requestedBy, reason };
      });
      context.printer.print({ document, rows });
    });
  return system;
}

function switchCommand(context: CliContext, name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .requiredOption('--reason <text>', 'why, for the audit')
    .option('--core <name>', 'only of this Lagoon core; else of the whole system')
    .option('--key <key>', 'idempotency key; made up if left out')
    .action(async ({ core, reason, key }: SwitchOptions) => {
      const path = `/v1/system/${name}`;
      const document = await context.command<SwitchAnswer>(path, { core, reason }, key);
      const { revision, position } = document;
      context.printer.print({ document, rows: [{ core: core ?? 'all', revision, position }] });
    });
}
