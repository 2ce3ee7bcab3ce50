import {
  applyDecorators,
  Controller,
  Get,
  HttpCode,
  Param,
  Post,
  Query,
  Req,
} from '@nestjs/common';
import { ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { CommandAnswer } from '@uplift/contracts';
import { refusal } from '@uplift/contracts';
import { Randomness } from '@uplift/runtime';
import { answerOf } from '../commands/command-answer';
import { requireKey } from '../commands/command-request';
import { DescribedAnswer, DescribedProblems } from '../http/descriptions';
import type { HttpRequest } from '../http/http-exchange';
import { headerOf } from '../http/http-exchange';
import { callerWithKey } from '../http/http-requests';
import { isUuid } from '../input/fields';
import { HealthCallback, HealthCallbackToken } from './health-callback';
import { RUNNING_STATUSES } from './instances.dto';

function DescribedCallback(summary: string): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary }),
    ApiParam({ name: 'uuid', schema: { type: 'string', format: 'uuid' } }),
    ApiParam({ name: 'status', enum: RUNNING_STATUSES }),
    ApiQuery({ name: 'token', required: false, schema: { type: 'string' } }),
    DescribedAnswer(200, 'command', 'Taken'),
    DescribedProblems(400, 401, 404, 409, 503),
  );
}

type Path = Readonly<Record<'uuid' | 'status', string>>;

/** The path that Polydock gave to its apps: they need not change. */
@ApiTags('callbacks')
@Controller('api/instance')
export class HealthCallbackController {
  constructor(
    private readonly callback: HealthCallback,
    private readonly token: HealthCallbackToken,
    private readonly randomness: Randomness,
  ) {}

  @Get(':uuid/health/:status')
  @DescribedCallback('Report the health of an instance, as Polydock does')
  async healthCallback(
    @Param() { uuid, status }: Path,
    @Query('token') token: unknown,
    @Req() request: HttpRequest,
  ): Promise<CommandAnswer> {
    this.token.check(token);
    const instanceId = uuid.toLowerCase();
    if (!isUuid(instanceId)) throw refusal('instance-unknown', 'The path names no instance');
    const key = headerOf(request, 'idempotency-key') ?? this.randomness.uuid();
    const caller = callerWithKey(request, requireKey(key));
    return answerOf(await this.callback.report(instanceId, status, caller));
  }

  @Post(':uuid/health/:status')
  @HttpCode(200)
  @DescribedCallback('Report the health of an instance, as Polydock does; a body is ignored')
  healthCallbackByPost(
    @Param() path: Path,
    @Query('token') token: unknown,
    @Req() request: HttpRequest,
  ): Promise<CommandAnswer> {
    return this.healthCallback(path, token, request);
  }
}
