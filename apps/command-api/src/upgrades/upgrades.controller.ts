import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ApiTags } from '@nestjs/swagger';
import type { BusRequest } from '@uplift/bus';
import { COMMAND_SUBJECTS, QUERY_SUBJECTS } from '@uplift/contracts';
import type { CommandAnswerDto } from '../commands/command-answer';
import { answerOf } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
import { DescribedCommand, HttpCaller, replyToCommand } from '../http/http-command';
import type { HttpReply } from '../http/http-exchange';
import type { Freshness } from '../http/http-query';
import { DescribedQuery, MinPosition } from '../http/http-query';
import { DtoPipe, UuidPathPipe, UuidPipe } from '../http/pipes';
import { readDto } from '../input/read-dto';
import { BusCommand, busCaller } from '../nats/bus-command';
import { QueryParametersDto } from '../queries/query-parameters.dto';
import { ReadModel } from '../queries/read-model';
import { UpgradeAnswerDto } from './upgrade-answer.dto';
import { UpgradeCommands } from './upgrade-commands';
import {
  CancelUpgradeDto,
  CancelUpgradeOfInstanceDto,
  TriggerUpgradeDto,
  TriggerUpgradeOfInstanceDto,
  UpgradePathDto,
} from './upgrades.dto';

@ApiTags('upgrades')
@Controller('v1')
export class UpgradesController {
  constructor(
    private readonly commands: UpgradeCommands,
    private readonly readModel: ReadModel,
  ) {}

  @Post('instances/:id/upgrades')
  @DescribedCommand('Upgrade an instance in place')
  async triggerUpgrade(
    @HttpCaller() caller: Caller,
    @Param('id', UuidPipe) instanceId: string,
    @Body(DtoPipe) body: TriggerUpgradeDto,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<CommandAnswerDto> {
    return replyToCommand(reply, await this.commands.trigger({ ...body, instanceId }, caller));
  }

  @BusCommand(COMMAND_SUBJECTS.triggerUpgrade)
  async triggerOverBus(@Payload() request: BusRequest): Promise<CommandAnswerDto> {
    const dto = readDto(TriggerUpgradeOfInstanceDto, request.body);
    return answerOf(await this.commands.trigger(dto, busCaller(request)));
  }

  @Post('instances/:id/upgrades/:upgradeId/cancel')
  @DescribedCommand('Cancel an upgrade before its deployment is complete')
  async cancelUpgrade(
    @HttpCaller() caller: Caller,
    @Param(UuidPathPipe) { id: instanceId, upgradeId }: UpgradePathDto,
    @Body(DtoPipe) { reason }: CancelUpgradeDto,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<CommandAnswerDto> {
    const dto = { instanceId, upgradeId, reason };
    return replyToCommand(reply, await this.commands.cancel(dto, caller));
  }

  @BusCommand(COMMAND_SUBJECTS.cancelUpgrade)
  async cancelOverBus(@Payload() request: BusRequest): Promise<CommandAnswerDto> {
    const dto = readDto(CancelUpgradeOfInstanceDto, request.body);
    return answerOf(await this.commands.cancel(dto, busCaller(request)));
  }

  @Get('upgrades/:id')
  @DescribedQuery('One upgrade with the durations of its stages', UpgradeAnswerDto)
  getUpgrade(
    @Param('id', UuidPipe) upgradeId: string,
    @Query(DtoPipe) _parameters: QueryParametersDto,
    @MinPosition() freshness: Freshness,
  ): Promise<object> {
    return this.readModel.ask(QUERY_SUBJECTS.upgradeGet, { upgradeId, ...freshness });
  }
}
