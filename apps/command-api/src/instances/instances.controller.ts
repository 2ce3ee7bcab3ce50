import { Body, Controller, Param, Post, Req, Res } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ApiTags } from '@nestjs/swagger';
import type { Principal } from '@uplift/access';
import { knownPrincipalOf } from '@uplift/access';
import type { BusRequest } from '@uplift/bus';
import type { CommandAnswer, Query } from '@uplift/contracts';
import { COMMAND_SUBJECTS } from '@uplift/contracts';
import { Needs } from '../access/route-access';
import type { CommandResult } from '../commands/command-answer';
import { answerOf } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
import type { HttpReply, HttpRequest } from '../http/http-exchange';
import {
  callerWithOptionalKey,
  DtoPipe,
  HttpCaller,
  HttpPrincipal,
  HttpQuery,
  UuidPipe,
} from '../http/http-requests';
import { linesIn, NDJSON } from '../http/import-body';
import { GetQuery, PostCommand } from '../http/routes';
import { readDto } from '../input/read-dto';
import { BusCommand, busCaller } from '../nats/bus-command';
import { ReadModel } from '../nats/read-model';
import { DescribedImport, ImportInstances } from './import-instances';
import { ReasonDto, ReasonOfInstanceDto } from '../upgrades/upgrades.dto';
import { InstanceCommands } from './instance-commands';
import { Registrations } from './registrations';
import {
  DeregisterInstanceDto,
  DeregisterInstanceOfInstanceDto,
  RegisterInstanceDto,
  ReportHealthDto,
  ReportHealthOfInstanceDto,
  UpdateInstanceDto,
  UpdateInstanceOfInstanceDto,
} from './instances.dto';

@ApiTags('instances')
@Controller('v1')
export class InstancesController {
  constructor(
    private readonly commands: InstanceCommands,
    private readonly registrations: Registrations,
    private readonly importing: ImportInstances,
    private readonly readModel: ReadModel,
  ) {}

  @PostCommand('instances', 'Register an instance that runs already')
  registerInstance(
    @HttpCaller() caller: Caller,
    @Body(DtoPipe) body: RegisterInstanceDto,
  ): Promise<CommandResult> {
    return this.registrations.register(body, caller);
  }

  @BusCommand(COMMAND_SUBJECTS.registerInstance)
  async registerOverBus(@Payload() request: BusRequest): Promise<CommandAnswer> {
    const dto = readDto(RegisterInstanceDto, request.body);
    return answerOf(await this.registrations.register(dto, busCaller(request)));
  }

  @Needs('instances:write', { limits: 'held' })
  @Post('instances/import')
  @DescribedImport()
  importInstances(
    @Body() body: unknown,
    @Req() request: HttpRequest,
    @Res() reply: HttpReply,
  ): void {
    const answers = this.importing.answer(
      linesIn(request, body),
      callerWithOptionalKey(request),
      knownPrincipalOf(request),
    );
    reply.header('content-type', NDJSON).header('cache-control', 'no-store');
    // What is left of the lines of an import that was cut is not read.
    reply.header('connection', 'close').status(200);
    reply.send(answers);
  }

  @GetQuery('instances', 'instanceList', 'Instances, newest first')
  listInstances(
    @HttpQuery('instanceList') query: Query<'instanceList'>,
    @HttpPrincipal() principal: Principal,
  ): Promise<object> {
    return this.readModel.ask('instanceList', query, principal);
  }

  @GetQuery('instances/:id', 'instanceGet', 'One instance')
  async getInstance(
    @HttpQuery('instanceGet') query: Query<'instanceGet'>,
    @HttpPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<object> {
    const answer = await this.readModel.ask('instanceGet', query, principal);
    reply.header('etag', `"${answer.instance.revision}"`);
    return answer;
  }

  @GetQuery(
    'instances/:id/timeline',
    'instanceTimeline',
    'What happened to an instance, oldest first',
  )
  instanceTimeline(
    @HttpQuery('instanceTimeline') query: Query<'instanceTimeline'>,
    @HttpPrincipal() principal: Principal,
  ): Promise<object> {
    return this.readModel.ask('instanceTimeline', query, principal);
  }

  @PostCommand('instances/:id/health', 'Report the health of an instance')
  reportHealth(
    @HttpCaller() caller: Caller,
    @Param('id', UuidPipe) instanceId: string,
    @Body(DtoPipe) { status }: ReportHealthDto,
  ): Promise<CommandResult> {
    return this.commands.reportHealth({ instanceId, status }, caller);
  }

  @BusCommand(COMMAND_SUBJECTS.reportHealth)
  async reportHealthOverBus(@Payload() request: BusRequest): Promise<CommandAnswer> {
    const dto = readDto(ReportHealthOfInstanceDto, request.body);
    return answerOf(await this.commands.reportHealth(dto, busCaller(request)));
  }

  @PostCommand('instances/:id/park', 'Hold an upgrade in flight: no new effect')
  parkInstance(
    @HttpCaller() caller: Caller,
    @Param('id', UuidPipe) instanceId: string,
    @Body(DtoPipe) { reason }: ReasonDto,
  ): Promise<CommandResult> {
    return this.commands.ask('ParkInstance', { instanceId, reason }, caller);
  }

  @BusCommand(COMMAND_SUBJECTS.parkInstance)
  async parkOverBus(@Payload() request: BusRequest): Promise<CommandAnswer> {
    const dto = readDto(ReasonOfInstanceDto, request.body);
    return answerOf(await this.commands.ask('ParkInstance', dto, busCaller(request)));
  }

  @PostCommand('instances/:id/unpark', 'Let a parked upgrade go on')
  unparkInstance(
    @HttpCaller() caller: Caller,
    @Param('id', UuidPipe) instanceId: string,
    @Body(DtoPipe) { reason }: ReasonDto,
  ): Promise<CommandResult> {
    return this.commands.ask('UnparkInstance', { instanceId, reason }, caller);
  }

  @BusCommand(COMMAND_SUBJECTS.unparkInstance)
  async unparkOverBus(@Payload() request: BusRequest): Promise<CommandAnswer> {
    const dto = readDto(ReasonOfInstanceDto, request.body);
    return answerOf(await this.commands.ask('UnparkInstance', dto, busCaller(request)));
  }

  @PostCommand('instances/:id/update', 'Change an instance, from its next upgrade on')
  updateInstance(
    @HttpCaller() caller: Caller,
    @Param('id', UuidPipe) instanceId: string,
    @Body(DtoPipe) body: UpdateInstanceDto,
  ): Promise<CommandResult> {
    return this.commands.update({ instanceId, ...body }, caller);
  }

  @BusCommand(COMMAND_SUBJECTS.updateInstance)
  async updateOverBus(@Payload() request: BusRequest): Promise<CommandAnswer> {
    const dto = readDto(UpdateInstanceOfInstanceDto, request.body);
    const { expectedRevision: ifRevision, ...update } = dto;
    const expected = ifRevision === undefined ? {} : { ifRevision };
    return answerOf(await this.commands.update(update, { ...busCaller(request), ...expected }));
  }

  @PostCommand('instances/:id/claim', 'The instance has an owner; in flight, too')
  claimInstance(
    @HttpCaller() caller: Caller,
    @Param('id', UuidPipe) instanceId: string,
    @Body(DtoPipe) { reason }: ReasonDto,
  ): Promise<CommandResult> {
    return this.commands.ask('ClaimInstance', { instanceId, reason }, caller);
  }

  @BusCommand(COMMAND_SUBJECTS.claimInstance)
  async claimOverBus(@Payload() request: BusRequest): Promise<CommandAnswer> {
    const dto = readDto(ReasonOfInstanceDto, request.body);
    return answerOf(await this.commands.ask('ClaimInstance', dto, busCaller(request)));
  }

  @PostCommand('instances/:id/unclaim', 'The instance has no owner; in flight, too')
  unclaimInstance(
    @HttpCaller() caller: Caller,
    @Param('id', UuidPipe) instanceId: string,
    @Body(DtoPipe) { reason }: ReasonDto,
  ): Promise<CommandResult> {
    return this.commands.ask('UnclaimInstance', { instanceId, reason }, caller);
  }

  @BusCommand(COMMAND_SUBJECTS.unclaimInstance)
  async unclaimOverBus(@Payload() request: BusRequest): Promise<CommandAnswer> {
    const dto = readDto(ReasonOfInstanceDto, request.body);
    return answerOf(await this.commands.ask('UnclaimInstance', dto, busCaller(request)));
  }

  @PostCommand('instances/:id/deregister', 'Look after an instance no more; frees its environment')
  deregisterInstance(
    @HttpCaller() caller: Caller,
    @Param('id', UuidPipe) instanceId: string,
    @Body(DtoPipe) body: DeregisterInstanceDto,
  ): Promise<CommandResult> {
    return this.commands.deregister({ instanceId, ...body }, caller);
  }

  @BusCommand(COMMAND_SUBJECTS.deregisterInstance)
  async deregisterOverBus(@Payload() request: BusRequest): Promise<CommandAnswer> {
    const dto = readDto(DeregisterInstanceOfInstanceDto, request.body);
    return answerOf(await this.commands.deregister(dto, busCaller(request)));
  }

  @GetQuery(
    'stats',
    'instanceStats',
    'Instances by status, upgrades by outcome, durations per stage',
  )
  instanceStats(
    @HttpQuery('instanceStats') query: Query<'instanceStats'>,
    @HttpPrincipal() principal: Principal,
  ): Promise<object> {
    return this.readModel.ask('instanceStats', query, principal);
  }
}
