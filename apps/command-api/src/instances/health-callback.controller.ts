import { Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { randomUUID } from 'node:crypto';
import type { CommandAnswer } from '../commands/command-answer';
import { answerOf } from '../commands/command-answer';
import { callerWithKey, headerOf } from '../http/http-caller';
import type { HttpRequest } from '../http/http-exchange';
import { isUuid } from '../input/fields';
import { requireKey } from '../input/idempotency-key';
import { DescribedCallback } from './described-callback';
import { HealthCallback } from './health-callback';
import { HealthCallbackToken } from './health-callback-token';
import { refusal } from '../problems/problem';

/** The path that Polydock gave to its apps: they need not change. */
@ApiTags('callbacks')
@Controller('api/instance')
export class HealthCallbackController {
  constructor(
    private readonly callback: HealthCallback,
    private readonly token: HealthCallbackToken,
  ) {}

  @Get(':uuid/health/:status')
  @DescribedCallback('Report the health of an instance, as Polydock does')
  byGet(
    @Param('uuid') uuid: string,
    @Param('status') status: string,
    @Query('token') token: unknown,
    @Req() request: HttpRequest,
  ): Promise<CommandAnswer> {
    this.token.check(token);
    return this.report(uuid.toLowerCase(), status, request);
  }

  @Post(':uuid/health/:status')
  @HttpCode(200)
  @DescribedCallback('Report the health of an instance, as Polydock does; a body is ignored')
  byPost(
    @Param('uuid') uuid: string,
    @Param('status') status: string,
    @Query('token') token: unknown,
    @Req() request: HttpRequest,
  ): Promise<CommandAnswer> {
    this.token.check(token);
    return this.report(uuid.toLowerCase(), status, request);
  }

  private async report(id: string, status: string, request: HttpRequest): Promise<CommandAnswer> {
    if (!isUuid(id)) throw refusal('instance-unknown', 'The path names no instance');
    const key = requireKey(headerOf(request, 'idempotency-key') ?? randomUUID());
    return answerOf(await this.callback.report(id, status, callerWithKey(request, key)));
  }
}
