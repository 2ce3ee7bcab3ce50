import {
  connectionStringOf,
  EsdbAdministration,
  parseEsdbConnectionString,
  StoreSetup,
  StoreSetupError,
  userInConnectionString,
} from '@uplift/event-store';
import { readConfiguration } from '@uplift/runtime';
import { Command } from 'commander';
import type { CliContext } from '../cli-context';
import { CommandFailure, EXIT } from '../exit-code';
import { PasswordFolder } from './password-folder';

interface SetupOptions {
  readonly out: string;
  readonly prefix: string;
  readonly rotate: readonly string[];
  readonly serviceUrl?: string;
  readonly dryRun: boolean;
  readonly check: boolean;
}

export function storeCommand(context: CliContext): Command {
  return new Command('store')
    .description('users and rights in the event store, for its administrator')
    .addCommand(setupCommand(context));
}

function setupCommand(context: CliContext): Command {
  return new Command('setup')
    .description(
      'make or update a user for each service, with the rights that it needs; reads UPLIFT_EVENTSTORE_ADMIN_URL',
    )
    .requiredOption('--out <folder>', 'where passwords and connection strings of the users are')
    .option('--rotate <users...>', 'users that get a new password', [])
    .option('--prefix <text>', 'before the name of each user', '')
    .option(
      '--service-url <url>',
      'where services reach the store, if not as their files say or, without one, as you do; no user in it',
    )
    .option('--dry-run', 'change nothing, say what would be', false)
    .option('--check', 'the same, and fail if there is anything', false)
    .action((options: SetupOptions) => setup(context, options));
}

async function setup(context: CliContext, options: SetupOptions): Promise<void> {
  const { out, prefix, rotate, check } = options;
  const { eventStoreAdminUrl } = readConfiguration(['eventStoreAdminUrl']);
  assertUsable(eventStoreAdminUrl, options);
  const isApplied = !options.dryRun && !check;
  const passwords = new PasswordFolder(out, context.randomness);
  const administration = new EsdbAdministration(eventStoreAdminUrl);
  try {
    const run = new StoreSetup(administration, { passwords, prefix, rotate, isApplied });
    // Before anything is changed: a file that cannot be read would leave a new password without its connection string.
    const stores = new Map<string, string>();
    for (const user of run.userNames) {
      const store = options.serviceUrl ?? (await passwords.storeOf(user));
      stores.set(user, store ?? connectionStringOf(eventStoreAdminUrl));
    }
    const lines = await run.run().catch(asRefusal);
    if (isApplied) await passwords.writeConnectionStrings(stores);
    const warnings = await run.warnings();
    const rows = [
      ...lines.map((change) => ({ change })),
      ...warnings.map((warning) => ({ warning })),
    ];
    const words = [...lines, ...warnings, wordsFor(lines.length, warnings.length, isApplied)];
    const document = { changed: isApplied, changes: lines, warnings };
    context.printer.print({ document, rows, words });
    if (check && rows.length > 0) {
      throw new CommandFailure(EXIT.failed, 'the store is not set up as it has to be');
    }
  } finally {
    await administration.close();
  }
}

function assertUsable(adminUrl: string, { prefix, serviceUrl }: SetupOptions): void {
  const { user, hasTls } = parseEsdbConnectionString(adminUrl);
  if (!hasTls) {
    throw new CommandFailure(
      EXIT.usage,
      'UPLIFT_EVENTSTORE_ADMIN_URL has tls=false: a store without TLS has no users, and the client would send no password',
    );
  }
  if (user === null) {
    throw new CommandFailure(
      EXIT.usage,
      'UPLIFT_EVENTSTORE_ADMIN_URL names no user: write esdb://admin:<password>@<host>:2113?tls=true',
    );
  }
  if (!/^[\w-]*$/.test(prefix)) {
    throw new CommandFailure(EXIT.usage, '--prefix has letters, digits, - and _ alone');
  }
  if (serviceUrl !== undefined && userInConnectionString(serviceUrl) !== null) {
    throw new CommandFailure(EXIT.usage, '--service-url names a user: each service gets its own');
  }
}

function wordsFor(changes: number, warnings: number, isApplied: boolean): string {
  if (changes + warnings === 0) return 'The store is set up as it has to be';
  return isApplied ? `${changes} changed` : `${changes} to change; nothing was`;
}

function asRefusal(error: unknown): never {
  if (error instanceof StoreSetupError) throw new CommandFailure(EXIT.refused, error.message);
  throw error;
}
