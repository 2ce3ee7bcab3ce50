import { Body, Controller, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Readable } from 'node:stream';
import { callerWithKey } from '../http/http-caller';
import type { HttpReply, HttpRequest } from '../http/http-exchange';
import { NDJSON } from '../http/request-bodies';
import { DescribedProblem } from '../problems/described-problem';
import { refusal } from '../problems/problem';
import type { ImportedLine } from './import-instances';
import { ImportInstances } from './import-instances';

const LINES = { [NDJSON]: { schema: { type: 'string', format: 'binary' } } };

@ApiTags('instances')
@Controller('v1/instances/import')
export class ImportInstancesController {
  constructor(private readonly importInstances: ImportInstances) {}

  @Post()
  @ApiOperation({
    summary: 'Register many instances, one per line',
    description:
      'Each line is an ImportedInstanceDto; each line of the answer is {line, status, result} or {line, status, problem}. Lines may be sent again.',
  })
  @ApiBody({
    description: 'One instance per line, each with its instanceId',
    schema: LINES[NDJSON].schema,
  })
  @ApiResponse({ status: 200, description: 'One answer per line, in order', content: LINES })
  @DescribedProblem(415)
  import(@Body() body: unknown, @Req() request: HttpRequest, @Res() reply: HttpReply): void {
    if (!(body instanceof Readable)) {
      throw refusal('unsupported-media-type', `Send the lines as ${NDJSON}`);
    }
    const results = this.importInstances.execute(body, callerWithKey(request, ''));
    reply.header('content-type', NDJSON).header('cache-control', 'no-store').status(200);
    reply.send(Readable.from(asLines(results)));
  }
}

async function* asLines(results: AsyncIterable<ImportedLine>): AsyncGenerator<string> {
  for await (const result of results) yield `${JSON.stringify(result)}\n`;
}
