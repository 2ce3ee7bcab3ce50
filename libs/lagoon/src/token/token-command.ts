import { execFile } from 'node:child_process';
import { MAX_TOKEN_BYTES, tokenIn } from './token-text';
import { LagoonTokenError } from './token.error';

const TIME_LIMIT_MS = 10_000;

/**
 * Runs a program without a shell and answers the token that it printed.
 * @throws LagoonTokenError without anything the program wrote
 */
export function tokenFromCommand(
  [program, ...args]: readonly [string, ...string[]],
  timeLimitMs = TIME_LIMIT_MS,
): Promise<string> {
  const limits = {
    timeout: timeLimitMs,
    maxBuffer: MAX_TOKEN_BYTES,
    killSignal: 'SIGKILL',
  } as const;
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { ...limits, shell: false }, (error, stdout) => {
      if (error !== null) return reject(new LagoonTokenError(whatWentWrong(error)));
      try {
        resolve(tokenIn(stdout));
      } catch (unusable) {
        reject(unusable instanceof Error ? unusable : new LagoonTokenError('failed'));
      }
    });
    // It may wait for words it will never get.
    child.stdin?.end();
  });
}

interface Failure {
  readonly code?: string | number | null;
  readonly killed?: boolean;
  readonly signal?: string | null;
}

function whatWentWrong({ code, killed, signal }: Failure): string {
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'the command printed too much';
  if (killed === true) return 'the command took too long';
  if (typeof code === 'string') return `the command cannot be run: ${code}`;
  return `the command ended with ${signal ?? `code ${code ?? 'unknown'}`}`;
}
