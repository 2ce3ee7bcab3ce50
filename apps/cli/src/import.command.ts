import type { CommandAnswer, ProblemDetails } from '@uplift/contracts';
import { errorMessage } from '@uplift/runtime';
import { Command } from 'commander';
import { open, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { problemInWords } from './api-client';
import type { CliContext } from './cli-context';
import { CommandFailure, EXIT } from './exit-code';
import { keyOption } from './options';
import type { Row } from './printer';

/** One line of the answer of an import. */
type LineAnswer = { readonly line: number; readonly status: number } & (
  { readonly result: CommandAnswer } | { readonly problem: ProblemDetails }
);
type ImportAnswer = LineAnswer | { readonly cut: { readonly reason: string } };

interface Tally {
  registered: number;
  known: number;
  refused: number;
}

/** `uplift instance import <file>` */
export function importCommand(context: CliContext): Command {
  return new Command('import')
    .description('register many instances: a JSON object on each line of a file')
    .argument('<file>', 'what to read; - is stdin')
    .addOption(keyOption())
    .action(async (file: string, { key }: { readonly key?: string }) => {
      const lines = await opened(file);
      const headers = key === undefined ? {} : { 'idempotency-key': key };
      const answers = context.api.exchange('/v1/instances/import', lines, headers);
      const tally = await printed(context, answers as AsyncGenerator<ImportAnswer>);
      const { registered, known, refused } = tally;
      if (registered + known + refused === 0) {
        throw new CommandFailure(EXIT.usage, `${file} has no lines: nothing was registered`);
      }
      context.printer.say(`${registered} registered, ${known} known already, ${refused} refused`);
      if (refused > 0) throw new CommandFailure(EXIT.failed, `${refused} lines were refused`);
    });
}

async function opened(file: string): Promise<Readable> {
  if (file === '-') return process.stdin;
  try {
    if ((await stat(file)).isDirectory()) throw new Error('it is a folder');
    return (await open(file)).createReadStream();
  } catch (error) {
    throw new CommandFailure(EXIT.usage, `${file} cannot be read: ${errorMessage(error)}`);
  }
}

async function printed(
  { printer }: CliContext,
  answers: AsyncGenerator<ImportAnswer>,
): Promise<Tally> {
  const tally: Tally = { registered: 0, known: 0, refused: 0 };
  printer.begin();
  for await (const answer of untilBroken(answers)) {
    if ('cut' in answer) throw interrupted(tally, answer.cut.reason);
    tally[outcomeOf(answer)] += 1;
    printer.line(rowOf(answer));
  }
  return tally;
}

/** An answer that breaks off is cut as well, but the API could not say so. */
async function* untilBroken(
  answers: AsyncGenerator<ImportAnswer>,
): AsyncGenerator<ImportAnswer, void> {
  try {
    yield* answers;
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    yield { cut: { reason: errorMessage(error) } };
  }
}

function interrupted({ registered, known, refused }: Tally, why: string): CommandFailure {
  const words = `The import was interrupted after ${registered + known + refused} lines (${why}): send the file again, what is registered stays`;
  return new CommandFailure(EXIT.unreachable, words);
}

function outcomeOf({ status }: LineAnswer): keyof Tally {
  if (status === 202) return 'registered';
  return status === 200 ? 'known' : 'refused';
}

function rowOf(each: LineAnswer): Row {
  const place = { line: each.line, answer: outcomeOf(each) };
  if ('problem' in each) {
    return { ...place, instance: null, status: null, detail: problemInWords(each.problem) };
  }
  const { instanceId: instance, status } = each.result;
  return { ...place, instance, status, detail: null };
}
