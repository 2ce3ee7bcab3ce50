import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';

/** What was typed is wrong: told in one line, and the process ends with code 2. */
export class UsageError extends Error {
  readonly exitCode = 2;
}

/** Whatever else was typed. */
export function asksForHelp(args: readonly string[]): boolean {
  return args.some((arg) => arg === '--help' || arg === '-h');
}

/** As `parseArgs` does. Throws UsageError with one sentence on what the command does not know. */
export function readArguments<const Config extends ParseArgsConfig>(
  config: Config,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    const [sentence] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(`${sentence}; see --help`);
  }
}
