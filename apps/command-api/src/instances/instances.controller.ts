import { Body, Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ApiTags } from '@nestjs/swagger';
import type { BusRequest } from '@uplift/bus';
import type { CommandAnswer } from '@uplift/contracts';
import { COMMAND_SUBJECTS, refusal } from '@uplift/contracts';
import { Readable } from 'node:stream';
import { answerOf } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
import { DescribedCommand, DescribedQuery } from '../http/descriptions';
import { callerWithKey, HttpCaller, queryOf, replyToCommand } from '../http/http-requests';
import type { HttpReply, HttpRequest } from '../http/http-exchange';
import { DtoPipe, UuidPipe } from '../http/pipes';
import { NDJSON } from '../http/request-bodies';
import { readDto } from '../input/read-dto';
import { BusCommand, busCaller } from '../nats/bus-command';
import { ReadModel } from '../queries/read-model';
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
  ): Promise<CommandAnswer> {
    return replyToCommand(reply, await this.commands.register(body, caller));
  }

  @BusCommand(COMMAND_SUBJECTS.registerInstance)
  async registerOverBus(@Payload() request: BusRequest): Promise<CommandAnswer> {
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
  @DescribedQuery('instanceList', 'Instances, newest first')
  listInstances(@Req() request: HttpRequest): Promise<object> {
    return this.readModel.ask('instanceList', queryOf('instanceList', request));
  }

  @Get('instances/:id')
  @DescribedQuery('instanceGet', 'One instance')
  async getInstance(
    @Param('id', UuidPipe) instanceId: string,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<object> {
    const query = queryOf('instanceGet', request, { instanceId });
    const answer = await this.readModel.ask('instanceGet', query);
    reply.header('etag', `"${answer.instance.revision}"`);
    return answer;
  }

  @Get('instances/:id/timeline')
  @DescribedQuery('instanceTimeline', 'What happened to an instance, oldest first')
  instanceTimeline(
    @Param('id', UuidPipe) instanceId: string,
    @Req() request: HttpRequest,
  ): Promise<object> {
    const query = queryOf('instanceTimeline', request, { instanceId });
    return this.readModel.ask('instanceTimeline', query);
  }

  @Post('instances/:id/health')
  @DescribedCommand('Report the health of an instance')
  async reportHealth(
    @HttpCaller() caller: Caller,
    @Param('id', UuidPipe) instanceId: string,
    @Body(DtoPipe) { status }: ReportHealthDto,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<CommandAnswer> {
    return replyToCommand(reply, await this.commands.reportHealth({ instanceId, status }, caller));
  }

  @BusCommand(COMMAND_SUBJECTS.reportHealth)
  async reportHealthOverBus(@Payload() request: BusRequest): Promise<CommandAnswer> {
    const dto = readDto(ReportHealthOfInstanceDto, request.body);
    return answerOf(await this.commands.reportHealth(dto, busCaller(request)));
  }

  @Get('stats')
  @DescribedQuery('instanceStats', 'Instances by status, upgrades by outcome, durations per stage')
  instanceStats(@Req() request: HttpRequest): Promise<object> {
    return this.readModel.ask('instanceStats', queryOf('instanceStats', request));
  }
}
