import { Command, Option } from 'commander';
import { CliContext } from './cli-context';
import { auditCommand } from './commands/audit.command';
import { instanceCommand } from './commands/instance.command';
import { rebuildCommand } from './commands/rebuild.command';
import { upgradeCommand } from './commands/upgrade.command';
import { OUTPUTS } from './output/printer';

/** The whole command line: `uplift <noun> <verb>`. */
export function program(): Command {
  const root = new Command('uplift')
    .description('In-place upgrades of live app instances hosted on Lagoon')
    .addOption(
      new Option('-o, --output <format>', 'how to print').choices(OUTPUTS).default('table'),
    )
    .exitOverride()
    .showHelpAfterError('Add --help for the options.')
    .addHelpText('after', EXIT_CODES);
  const context = new CliContext(root);
  const nouns = [instanceCommand, upgradeCommand, auditCommand, rebuildCommand];
  nouns.forEach((noun) => root.addCommand(inherit(noun(context))));
  return root;
}

const EXIT_CODES = `
Exit codes: 0 done, 1 failed, 2 usage, 3 refused, 4 timed out, 5 unreachable.
Settings:   UPLIFT_API_URL, and for audit and rebuild UPLIFT_EVENTSTORE_URL, UPLIFT_POSTGRES_URL.`;

/** A usage error throws instead of ending the process, in every sub-command. */
function inherit(command: Command): Command {
  command.exitOverride();
  command.commands.forEach(inherit);
  return command;
}
