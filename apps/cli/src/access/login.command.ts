import { labelsInWords } from '@uplift/domain';
import { readConfiguration } from '@uplift/runtime';
import { Command } from 'commander';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { Writable } from 'node:stream';
import type { Answer } from '../api-client';
import { ApiClient } from '../api-client';
import type { CliContext } from '../cli-context';
import { CommandFailure, EXIT } from '../exit-code';
import { storeToken } from './credentials';

const MOST_CHARACTERS = 8_192;

export function whoamiCommand(context: CliContext): Command {
  return new Command('whoami')
    .description('who the command API takes you for, and what you may do')
    .action(async () => {
      const document = await context.api.json<Answer<'identity'>>('/v1/whoami');
      context.printer.print({ document, rows: [rowOf(document)] });
    });
}

export function loginCommand(context: CliContext): Command {
  return new Command('login')
    .description('store a token for UPLIFT_API_URL; it is read from the terminal, or from stdin')
    .action(async () => {
      const { apiUrl, credentialsPath } = readConfiguration(['apiUrl', 'credentialsPath']);
      const token = tokenIn(await readToken(process.stdin));
      const identity = await new ApiClient(apiUrl, token).json<Answer<'identity'>>('/v1/whoami');
      storeToken(credentialsPath, apiUrl, token);
      context.printer.print({ document: identity, rows: [rowOf(identity)] });
      context.printer.say(`stored in ${credentialsPath}`);
    });
}

function rowOf({ actor, scopes, labels, issuer, expiresAt }: Answer<'identity'>) {
  const may = { scopes: scopes.join(' '), labels: labelsInWords(labels) };
  return { actor: actor.id, type: actor.type, ...may, issuer, expiresAt };
}

/** Never an argument: those stand in the history of the shell and in the list of processes. */
async function readToken(input: NodeJS.ReadStream): Promise<string> {
  if (!input.isTTY) return text(input);
  process.stderr.write('Token (it is not shown): ');
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output, terminal: true });
  const line = await new Promise<string>((resolve) => {
    lines.once('line', resolve).once('close', () => resolve(''));
  });
  lines.close();
  process.stderr.write('\n');
  return line;
}

function tokenIn(given: string): string {
  const token = given.trim();
  if (token !== '' && token.length <= MOST_CHARACTERS && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new CommandFailure(EXIT.usage, 'That is no token: give one line of printable characters');
}
