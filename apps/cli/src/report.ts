import { ConfigurationError } from '@uplift/runtime';
import { EventStoreUnavailableError, StreamNotFoundError } from '@uplift/event-store';
import { CommanderError } from 'commander';
import type { ExitCode } from './exit-code';
import { CommandFailure, EXIT } from './exit-code';

const EXIT_CODES: readonly (readonly [new (...args: never[]) => Error, ExitCode])[] = [
  [ConfigurationError, EXIT.usage],
  [StreamNotFoundError, EXIT.refused],
  [EventStoreUnavailableError, EXIT.unreachable],
];

/** One line on stderr, the document on stdout for machines; returns the exit code. */
export function report(error: unknown, argv: readonly string[]): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`uplift: ${message.replace(/\s+/g, ' ')}\n`);
  if (!(error instanceof CommandFailure)) return exitCodeOf(error);
  if (error.document !== undefined && wantsJson(argv)) {
    process.stdout.write(`${JSON.stringify(error.document)}\n`);
  }
  return error.exitCode;
}

function exitCodeOf(error: unknown): ExitCode {
  return EXIT_CODES.find(([type]) => error instanceof type)?.[1] ?? EXIT.failed;
}

function wantsJson(argv: readonly string[]): boolean {
  return argv.some((arg) => /^(--output=)?jsonl?$/.test(arg));
}
