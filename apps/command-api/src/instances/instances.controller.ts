import { Body, Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ApiTags } from '@nestjs/swagger';
import type { BusRequest } from '@uplift/bus';
import { COMMAND_SUBJECTS, QUERY_SUBJECTS } from '@uplift/contracts';
import { Readable } from 'node:stream';
import type { CommandAnswerDto } from '../commands/command-answer';
import { answerOf } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
import { callerWithKey, DescribedCommand, HttpCaller, replyToCommand } from '../http/http-command';
import type { HttpReply, HttpRequest } from '../http/http-exchange';
import type { Freshness } from '../http/http-query';
import { DescribedQuery, MinPosition, paging } from '../http/http-query';
import { DtoPipe, UuidPipe } from '../http/pipes';
import { NDJSON } from '../http/request-bodies';
import { readDto } from '../input/read-dto';
import { BusCommand, busCaller } from '../nats/bus-command';
import { refusal } from '../problems/problems';
import { InstanceAnswerDto, InstancePageDto } from '../queries/instance-answer.dto';
import {
  ListInstancesParametersDto,
  PageParametersDto,
  QueryParametersDto,
} from '../queries/query-parameters.dto';
import { ReadModel } from '../queries/read-model';
import { StatsAnswerDto } from '../queries/stats-answer.dto';
import { TimelinePageDto } from '../queries/timeline-answer.dto';
import { DescribedImport, ImportInstances } from './import-instances';
import { InstanceCommands } from './instance-commands';
import { RegisterInstanceDto, ReportHealthDto, ReportHealthOfInstanceDto } from './instances.dto';

@ApiTags('instances')
@Controller('v1')
export class InstancesController {
  constructor(
    private readonly commands: InstanceCommands,
    private readonly importing: ImportInstances,
    private readonly readModel: ReadModel,
  ) {}

  @Post('instances')
  @DescribedCommand('Register an instance that runs already')
  async registerInstance(
    @HttpCaller() caller: Caller,
    @Body(DtoPipe) body: RegisterInstanceDto,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<CommandAnswerDto> {
    return replyToCommand(reply, await this.commands.register(body, caller));
  }

  @BusCommand(COMMAND_SUBJECTS.registerInstance)
  async registerOverBus(@Payload() request: BusRequest): Promise<CommandAnswerDto> {
    const dto = readDto(RegisterInstanceDto, request.body);
    return answerOf(await this.commands.register(dto, busCaller(request)));
  }

  @Post('instances/import')
  @DescribedImport()
  importInstances(
    @Body() body: unknown,
    @Req() request: HttpRequest,
    @Res() reply: HttpReply,
  ): void {
    if (!(body instanceof Readable)) {
      throw refusal('unsupported-media-type', `Send the lines as ${NDJSON}`);
    }
    const answers = this.importing.answer(body, callerWithKey(request, ''));
    reply.header('content-type', NDJSON).header('cache-control', 'no-store').status(200);
    reply.send(Readable.from(answers));
  }

  @Get('instances')
  @DescribedQuery('Instances, newest first', InstancePageDto)
  listInstances(
    @Query(DtoPipe) parameters: ListInstancesParametersDto,
    @MinPosition() freshness: Freshness,
  ): Promise<object> {
    const { status, project, app, core } = parameters;
    const query = { status, project, app, core, ...paging(parameters), ...freshness };
    return this.readModel.ask(QUERY_SUBJECTS.instanceList, query);
  }

  @Get('instances/:id')
  @DescribedQuery('One instance', InstanceAnswerDto)
  async getInstance(
    @Param('id', UuidPipe) instanceId: string,
    @Query(DtoPipe) _parameters: QueryParametersDto,
    @MinPosition() freshness: Freshness,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<object> {
    const query = { instanceId, ...freshness };
    const answer = await this.readModel.ask(QUERY_SUBJECTS.instanceGet, query);
    const { revision } = (answer as InstanceAnswerDto).instance;
    reply.header('etag', `"${revision}"`);
    return answer;
  }

  @Get('instances/:id/timeline')
  @DescribedQuery('What happened to an instance, oldest first', TimelinePageDto)
  instanceTimeline(
    @Param('id', UuidPipe) instanceId: string,
    @Query(DtoPipe) parameters: PageParametersDto,
    @MinPosition() freshness: Freshness,
  ): Promise<object> {
    const query = { instanceId, ...paging(parameters), ...freshness };
    return this.readModel.ask(QUERY_SUBJECTS.instanceTimeline, query);
  }

  @Post('instances/:id/health')
  @DescribedCommand('Report the health of an instance')
  async reportHealth(
    @HttpCaller() caller: Caller,
    @Param('id', UuidPipe) instanceId: string,
    @Body(DtoPipe) { status }: ReportHealthDto,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<CommandAnswerDto> {
    return replyToCommand(reply, await this.commands.reportHealth({ instanceId, status }, caller));
  }

  @BusCommand(COMMAND_SUBJECTS.reportHealth)
  async reportHealthOverBus(@Payload() request: BusRequest): Promise<CommandAnswerDto> {
    const dto = readDto(ReportHealthOfInstanceDto, request.body);
    return answerOf(await this.commands.reportHealth(dto, busCaller(request)));
  }

  @Get('stats')
  @DescribedQuery('Instances by status, upgrades by outcome, durations per stage', StatsAnswerDto)
  instanceStats(
    @Query(DtoPipe) _parameters: QueryParametersDto,
    @MinPosition() freshness: Freshness,
  ): Promise<object> {
    return this.readModel.ask(QUERY_SUBJECTS.instanceStats, { ...freshness });
  }
}
