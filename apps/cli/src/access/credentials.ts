import { errorMessage } from '@uplift/runtime';
import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CommandFailure, EXIT } from '../exit-code';

/** Tokens by the address that they are for: none is shown to another server. */
type Stored = Readonly<Record<string, string>>;

const OWNER_ONLY = 0o600;
const OTHERS = 0o077;

/** Undefined if there is none for this address. */
export function storedToken(path: string, apiUrl: string): string | undefined {
  return read(path)[originOf(apiUrl)];
}

/** Keeps a token for an address, in a file that nobody else may read. */
export function storeToken(path: string, apiUrl: string, token: string): void {
  const stored = { ...read(path), [originOf(apiUrl)]: token };
  const unfinished = `${path}.new`;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(unfinished, `${JSON.stringify(stored, null, 2)}\n`, { mode: OWNER_ONLY });
  chmodSync(unfinished, OWNER_ONLY);
  renameSync(unfinished, path);
}

function read(path: string): Stored {
  let text: string;
  try {
    if (isOpenToOthers(path)) throw failure(path, `others may read it: chmod 600 ${path}`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw failure(path, errorMessage(error));
  }
  return parsed(path, text);
}

/** Windows has other rights, and shows none of these. */
function isOpenToOthers(path: string): boolean {
  return process.platform !== 'win32' && (statSync(path).mode & OTHERS) !== 0;
}

function parsed(path: string, text: string): Stored {
  try {
    const content: unknown = JSON.parse(text);
    if (typeof content === 'object' && content !== null) return content as Stored;
  } catch {
    // Said below, without the content.
  }
  throw failure(path, 'it is no JSON object: delete it and log in again');
}

function originOf(apiUrl: string): string {
  return new URL(apiUrl).origin;
}

function failure(path: string, why: string): CommandFailure {
  return new CommandFailure(EXIT.usage, `The stored tokens in ${path} cannot be used: ${why}`);
}
