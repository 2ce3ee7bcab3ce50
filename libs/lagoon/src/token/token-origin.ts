import { FileTokenSource } from './file.token-source';
import type { LagoonTokenSource } from './lagoon-token-source.port';
import { RenewingTokenSource } from './renewing.token-source';
import { StaticTokenSource } from './static.token-source';
import { tokenFromCommand } from './token-command';

/** Program and arguments, run without a shell. */
export type TokenCommand = readonly [string, ...string[]];

export type TokenOrigin =
  | { readonly kind: 'fixed'; readonly token: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'command'; readonly command: TokenCommand };

export function tokenSourceOf(origin: TokenOrigin): LagoonTokenSource {
  switch (origin.kind) {
    case 'fixed':
      return new StaticTokenSource(origin.token);
    case 'file':
      return new FileTokenSource(origin.path);
    case 'command':
      return new RenewingTokenSource(() => tokenFromCommand(origin.command));
  }
}

/** Reads a JSON array of program and arguments; null if the text is something else. */
export function tokenCommandIn(text: string): TokenCommand | null {
  const words = parsed(text);
  if (!Array.isArray(words) || !words.every(isWord)) return null;
  const [program, ...args] = words;
  return program === undefined || program === '' ? null : [program, ...args];
}

function isWord(word: unknown): word is string {
  return typeof word === 'string';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
