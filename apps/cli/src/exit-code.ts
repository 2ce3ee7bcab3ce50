/** What the exit code of `uplift` says to a script. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  timedOut: 4,
  unreachable: 5,
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
