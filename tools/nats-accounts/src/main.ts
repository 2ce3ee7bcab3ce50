import { AccountsFolderError } from './accounts-folder';
import { asked, HELP, WrongCallError } from './options';
import { writeAccounts } from './write-accounts';

async function main(): Promise<void> {
  const call = asked(process.argv.slice(2));
  const lines = call === 'help' ? [HELP] : await writeAccounts(call);
  for (const line of lines) console.log(line);
}

/** Undefined for a fault of this program. */
function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof WrongCallError) return 2;
  const isOfFiles = error instanceof Error && 'syscall' in error;
  return error instanceof AccountsFolderError || isOfFiles ? 1 : undefined;
}

main().catch((error: unknown) => {
  const code = exitCodeOf(error);
  if (code === undefined || !(error instanceof Error)) throw error;
  console.error(`npm run nats:accounts: ${error.message}`);
  process.exitCode = code;
});
