import {
  EventStoreRefusedError,
  EventStoreUnavailableError,
  NotAdministratorError,
  StreamNotFoundError,
} from '@uplift/event-store';
import { ConfigurationError, errorMessage, redactText } from '@uplift/runtime';
import { CommanderError } from 'commander';
import type { Printer } from './printer';

/** What the exit code of `uplift` says to a script. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  timedOut: 4,
  unreachable: 5,
  denied: 6,
  /** An upgrade that is waited for: by somebody who cancelled it. */
  cancelled: 7,
  /** To the command API, for good: the upgrade that is waited for goes on. */
  connectionLost: 8,
  /** As of a program that Ctrl-C ends: the upgrade that is waited for goes on. */
  interrupted: 130,
  /** As of a program that SIGPIPE ends. */
  unread: 141,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command with one line on stderr and an exit code. */
export class CommandFailure extends Error {
  constructor(
    readonly exitCode: ExitCode,
    message: string,
    /** Printed to stdout as it is when the output is JSON. */
    readonly document?: unknown,
  ) {
    super(message);
  }
}

/** One line on stderr, the document on stdout for machines; returns the exit code. */
export function reportError(error: unknown, printer: Printer): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  printer.finish();
  printer.say(`uplift: ${redactText(errorMessage(error)).replace(/\s+/g, ' ')}`);
  if (!(error instanceof CommandFailure)) return exitCodeOf(error);
  if (error.document !== undefined) printer.problem(error.document);
  return error.exitCode;
}

const DENIED = [EventStoreRefusedError, NotAdministratorError];

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof ConfigurationError) return EXIT.usage;
  if (error instanceof StreamNotFoundError) return EXIT.refused;
  if (DENIED.some((denied) => error instanceof denied)) return EXIT.denied;
  return error instanceof EventStoreUnavailableError ? EXIT.unreachable : EXIT.failed;
}
