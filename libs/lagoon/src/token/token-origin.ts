import { execFile } from 'node:child_process';
import type { Clock } from '@uplift/runtime';
import {
  FileTokenSource,
  LagoonTokenError,
  MAX_TOKEN_BYTES,
  StaticTokenSource,
  tokenIn,
} from './token-source';
import { RenewingTokenSource } from './renewing.token-source';
import { parseJson } from '../parse-json';
import type { LagoonTokenSource } from './token-source';

/** Program and arguments, run without a shell. */
export type TokenCommand = readonly [string, ...string[]];

export type TokenOrigin =
  | { readonly kind: 'fixed'; readonly token: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'command'; readonly command: TokenCommand };

export function tokenSourceOf(origin: TokenOrigin, clock: Clock): LagoonTokenSource {
  switch (origin.kind) {
    case 'fixed':
      return new StaticTokenSource(origin.token);
    case 'file':
      return new FileTokenSource(origin.path);
    case 'command':
      return new RenewingTokenSource(() => tokenFromCommand(origin.command), clock);
  }
}

/** Reads a JSON array of program and arguments; null if the text is something else. */
export function tokenCommandIn(text: string): TokenCommand | null {
  const words = parseJson(text);
  if (!Array.isArray(words) || !words.every(isWord)) return null;
  const [program, ...args] = words;
  return program === undefined || program === '' ? null : [program, ...args];
}

function isWord(word: unknown): word is string {
  return typeof word === 'string';
}

const TIME_LIMIT_MS = 10_000;

/**
 * Runs a program without a shell and answers the token that it printed.
 * @throws LagoonTokenError without anything the program wrote
 */
export function tokenFromCommand(
  [program, ...args]: TokenCommand,
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
