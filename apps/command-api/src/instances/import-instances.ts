import { applyDecorators, Injectable, Logger } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { CommandAnswer, ProblemDetails } from '@uplift/contracts';
import { refusal } from '@uplift/contracts';
import { canonicalJson } from '@uplift/event-store';
import { createHash } from 'node:crypto';
import { answerOf } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
import { DescribedProblems } from '../http/routes';
import { NDJSON } from '../http/http-transport';
import { BODY_LIMIT_BYTES, readDto } from '../input/read-dto';
import { toProblem } from '../commands/to-problem';
import { InstanceCommands } from './instance-commands';
import { ImportedInstanceDto } from './instances.dto';

const MOST_AT_ONCE = 16;
const LINES = { type: 'string', format: 'binary' };
const NEWLINE = 0x0a;

export function DescribedImport(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Register many instances, one per line',
      description:
        'Each line is an ImportedInstanceDto; each line of the answer is {line, status, result} or {line, status, problem}. Lines may be sent again.',
    }),
    ApiBody({
      description: 'One instance per line, each with its instanceId',
      schema: LINES,
    }),
    ApiResponse({
      status: 200,
      description: 'One answer per line, in order',
      content: { [NDJSON]: { schema: LINES } },
    }),
    DescribedProblems(415),
  );
}

export type Line =
  | { readonly number: number; readonly text: string }
  | { readonly number: number; readonly tooLong: true };

type LineAnswer = { readonly line: number; readonly status: number } & (
  { readonly result: CommandAnswer } | { readonly problem: ProblemDetails }
);
type ImportCaller = Omit<Caller, 'idempotencyKey'>;

/** Registers one instance per line. A bad line is answered and the next one taken. */
@Injectable()
export class ImportInstances {
  private readonly logger = new Logger('import');

  constructor(private readonly commands: InstanceCommands) {}

  /** Answers in the order of the lines, each a line of JSON. */
  async *answer(bytes: AsyncIterable<Buffer>, caller: ImportCaller): AsyncGenerator<string> {
    const lines = linesOf(bytes, BODY_LIMIT_BYTES);
    const answers = mapInOrder(lines, MOST_AT_ONCE, (line) => this.importLine(line, caller));
    for await (const answer of answers) yield `${JSON.stringify(answer)}\n`;
  }

  private async importLine(line: Line, caller: ImportCaller): Promise<LineAnswer> {
    try {
      const dto = readDto(ImportedInstanceDto, parse(line));
      const idempotencyKey = `import:${digest(dto)}`;
      const result = await this.commands.register(dto, {
        ...caller,
        idempotencyKey,
        isPatient: true,
      });
      const status = result.outcome === 'accepted' ? 202 : 200;
      return { line: line.number, status, result: answerOf(result) };
    } catch (error) {
      const problem = toProblem(error);
      if (problem.code === 'internal-error') this.logger.error(error, 'unexpected');
      return { line: line.number, status: problem.status, problem };
    }
  }
}

function parse(line: Line): unknown {
  if ('tooLong' in line) {
    throw refusal('body-too-large', `A line may have at most ${BODY_LIMIT_BYTES} bytes`);
  }
  try {
    return JSON.parse(line.text);
  } catch {
    throw refusal('malformed-json', 'Every line must be one JSON object');
  }
}

/** The line itself is its key: sent again it is a repeat, changed it is another command. */
function digest(dto: ImportedInstanceDto): string {
  return createHash('sha256').update(canonicalJson(dto), 'utf8').digest('hex');
}

/** Cuts a byte stream at newlines; a line over the limit is named but not kept. Empty lines are skipped. */
export async function* linesOf(
  bytes: AsyncIterable<Buffer>,
  maxLineBytes: number,
): AsyncGenerator<Line> {
  let parts: Buffer[] = [];
  let size = 0;
  let number = 1;
  const keep = (part: Buffer) => {
    size += part.length;
    if (size <= maxLineBytes) parts.push(part);
  };
  for await (const chunk of bytes) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      keep(chunk.subarray(from, at));
      yield* line(number++, parts, size > maxLineBytes);
      [parts, size, from] = [[], 0, at + 1];
    }
    keep(chunk.subarray(from));
  }
  yield* line(number, parts, size > maxLineBytes);
}

function* line(number: number, parts: readonly Buffer[], tooLong: boolean): Generator<Line> {
  if (tooLong) {
    yield { number, tooLong };
    return;
  }
  const text = Buffer.concat(parts).toString('utf8').trim();
  if (text !== '') yield { number, text };
}

/** Maps with at most `limit` items in work; results come in the order of the items. */
export async function* mapInOrder<Item, Result>(
  items: AsyncIterable<Item>,
  limit: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const running: Promise<Result>[] = [];
  for await (const item of items) {
    running.push(work(item));
    if (running.length < limit) continue;
    const oldest = running.shift();
    if (oldest) yield await oldest;
  }
  for (const rest of running) yield await rest;
}
