import { applyDecorators, Injectable, Logger } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { CommandAnswer, ProblemDetails } from '@uplift/contracts';
import { refusal } from '@uplift/contracts';
import { canonicalJson } from '@uplift/event-store';
import { createHash } from 'node:crypto';
import { answerOf } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
import { DescribedProblems } from '../http/descriptions';
import { NDJSON } from '../http/request-bodies';
import { BODY_LIMIT_BYTES, readDto } from '../input/read-dto';
import { toProblem } from '../problems/to-problem';
import { InstanceCommands } from './instance-commands';
import { ImportedInstanceDto } from './instances.dto';
import type { Line } from './ndjson-lines';
import { linesOf, mapInOrder } from './ndjson-lines';

const MOST_AT_ONCE = 16;
const LINES = { [NDJSON]: { schema: { type: 'string', format: 'binary' } } };

export function DescribedImport(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Register many instances, one per line',
      description:
        'Each line is an ImportedInstanceDto; each line of the answer is {line, status, result} or {line, status, problem}. Lines may be sent again.',
    }),
    ApiBody({
      description: 'One instance per line, each with its instanceId',
      schema: LINES[NDJSON].schema,
    }),
    ApiResponse({ status: 200, description: 'One answer per line, in order', content: LINES }),
    DescribedProblems(415),
  );
}

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
      const result = await this.commands.register(dto, { ...caller, idempotencyKey });
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
