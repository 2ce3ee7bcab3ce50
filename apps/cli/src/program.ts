import {
  BUILD_VERSION,
  ConfigurationError,
  loadSettingsFile,
  systemClock,
  systemRandomness,
} from '@uplift/runtime';
import { Command, Option } from 'commander';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { auditCommand } from './audit/audit.command';
import { CliContext } from './cli-context';
import { completionCommand } from './completion/completion.command';
import type { ExitCode } from './exit-code';
import { CommandFailure, EXIT, reportError } from './exit-code';
import { instanceCommand } from './instance.command';
import { refuseEmpty } from './options';
import { OUTPUTS } from './printer';
import { systemCommand } from './system.command';
import { actorCommand } from './access/actor.command';
import { loginCommand, whoamiCommand } from './access/login.command';
import { tokenCommand } from './access/token.command';
import { statsCommand } from './report/report.command';
import { storeCommand } from './store/store.command';
import { upgradeCommand } from './upgrade/upgrade.command';
import { webhookCommand } from './webhook.command';

const EXIT_CODES = `
Exit codes: 0 done, 1 failed, 2 usage, 3 refused, 4 timed out, 5 unreachable, 6 not allowed,
            141 nobody reads the output. Of --wait and watch also: 7 cancelled, 8 connection lost,
            130 Ctrl-C; after 4, 8 and 130 the upgrade goes on.
Settings:   UPLIFT_API_URL; UPLIFT_TOKEN unless uplift login has stored one; UPLIFT_EVENTSTORE_URL for audit and rebuild;
            UPLIFT_POSTGRES_URL for rebuild and migrate; UPLIFT_POSTGRES_OWNER_URL, UPLIFT_ACTORS_POSTGRES_URL,
            UPLIFT_WEBHOOKS_POSTGRES_URL for migrate; UPLIFT_EVENTSTORE_ADMIN_URL for store setup. Options stand before
            the environment, that before the file .config/uplift/config.env (UPLIFT_CONFIG_PATH), with one NAME=value a line.`;

const PROJECTOR = resolve(__dirname, '../../projector/src/main.js');

/** Runs one command line to its end. */
export async function runCommandLine(argv: readonly string[]): Promise<ExitCode> {
  const unusable = withSettingsFile();
  const { root, context } = commandLine();
  // Not for --help and --version, which need no settings.
  root.hook('preAction', () => {
    if (unusable !== undefined) throw unusable;
  });
  try {
    await root.parseAsync(argv);
    context.printer.finish();
    return EXIT.done;
  } catch (error) {
    return reportError(error, context.printer);
  }
}

/** Why the settings cannot be used. */
function withSettingsFile(): ConfigurationError | undefined {
  try {
    loadSettingsFile();
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
}

/** Every command: `uplift <noun> <verb>`. */
export function commandLine(): { readonly root: Command; readonly context: CliContext } {
  const root = new Command('uplift')
    .description('In-place upgrades of live app instances hosted on Lagoon')
    .version(BUILD_VERSION, '-V, --version', 'print the version')
    .addOption(
      new Option('-o, --output <format>', 'how to print')
        .choices(OUTPUTS)
        .env('UPLIFT_OUTPUT')
        .default('table'),
    )
    .showHelpAfterError('Add --help for the options.')
    .addHelpText('after', EXIT_CODES);
  const context = new CliContext(root, systemClock, systemRandomness);
  const nouns = [
    ...[instanceCommand, upgradeCommand, statsCommand, systemCommand, auditCommand],
    ...[tokenCommand, actorCommand, whoamiCommand, loginCommand, storeCommand],
    completionCommand,
    webhookCommand,
  ];
  nouns.forEach((noun) => root.addCommand(noun(context)));
  root
    .command('rebuild')
    .description('fold the read model again from the first event')
    .action(() => runProjector('--rebuild', 'the rebuild did not finish'));
  root
    .command('migrate')
    .description(
      'make or update the tables, and the roles that the projector and the command API use',
    )
    .action(() => runProjector('--migrate', 'the database was not migrated'));
  refuseEmpty(root);
  return { root: throwing(root), context };
}

/** A usage error throws instead of ending the process, in every sub-command. */
function throwing(command: Command): Command {
  command.commands.forEach(throwing);
  return command.exitOverride();
}

/** The read model is the projector's: its own program does it. */
async function runProjector(task: string, failure: string): Promise<void> {
  const child = spawn(process.execPath, [PROJECTOR, task], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new CommandFailure(EXIT.failed, failure);
}
