import { Injectable, Logger } from '@nestjs/common';
import type { ProblemDetails } from '@uplift/contracts';
import { canonicalJson } from '@uplift/event-store';
import { createHash } from 'node:crypto';
import type { CommandAnswer } from '../commands/command-answer';
import { answerOf } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
import { BODY_LIMIT_BYTES } from '../http/limits';
import { readDto } from '../input/read-dto';
import { refusal } from '../problems/problem';
import { toProblem } from '../problems/to-problem';
import { ImportedInstanceDto } from './register-instance.dto';
import { mapInOrder } from './in-order';
import type { Line } from './ndjson-lines';
import { linesOf } from './ndjson-lines';
import { RegisterInstance } from './register-instance';

const MOST_AT_ONCE = 16;

export type ImportedLine =
  | { readonly line: number; readonly status: 200 | 202; readonly result: CommandAnswer }
  | { readonly line: number; readonly status: number; readonly problem: ProblemDetails };

/** Registers one instance per line. A bad line is answered and the next one taken. */
@Injectable()
export class ImportInstances {
  private readonly logger = new Logger('import');

  constructor(private readonly registerInstance: RegisterInstance) {}

  execute(
    bytes: AsyncIterable<Buffer>,
    caller: Omit<Caller, 'idempotencyKey'>,
  ): AsyncGenerator<ImportedLine> {
    const lines = linesOf(bytes, BODY_LIMIT_BYTES);
    return mapInOrder(lines, MOST_AT_ONCE, (line) => this.importLine(line, caller));
  }

  private async importLine(
    line: Line,
    caller: Omit<Caller, 'idempotencyKey'>,
  ): Promise<ImportedLine> {
    try {
      const dto = readDto(ImportedInstanceDto, parse(line));
      const idempotencyKey = `import:${digest(dto)}`;
      const result = await this.registerInstance.execute(dto, { ...caller, idempotencyKey });
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
