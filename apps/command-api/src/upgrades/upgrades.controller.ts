import { Body, Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ApiTags } from '@nestjs/swagger';
import type { BusRequest } from '@uplift/bus';
import type { CommandAnswer } from '@uplift/contracts';
import { COMMAND_SUBJECTS } from '@uplift/contracts';
import { answerOf } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
import { DescribedCommand, DescribedQuery } from '../http/descriptions';
import { HttpCaller, queryOf, replyToCommand } from '../http/http-requests';
import type { HttpReply, HttpRequest } from '../http/http-exchange';
import { DtoPipe, UuidPathPipe, UuidPipe } from '../http/pipes';
import { readDto } from '../input/read-dto';
import { BusCommand, busCaller } from '../nats/bus-command';
import { ReadModel } from '../queries/read-model';
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
  ): Promise<CommandAnswer> {
    return replyToCommand(reply, await this.commands.trigger({ ...body, instanceId }, caller));
  }

  @BusCommand(COMMAND_SUBJECTS.triggerUpgrade)
  async triggerOverBus(@Payload() request: BusRequest): Promise<CommandAnswer> {
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
  ): Promise<CommandAnswer> {
    const dto = { instanceId, upgradeId, reason };
    return replyToCommand(reply, await this.commands.cancel(dto, caller));
  }

  @BusCommand(COMMAND_SUBJECTS.cancelUpgrade)
  async cancelOverBus(@Payload() request: BusRequest): Promise<CommandAnswer> {
    const dto = readDto(CancelUpgradeOfInstanceDto, request.body);
    return answerOf(await this.commands.cancel(dto, busCaller(request)));
  }

  @Get('upgrades/:id')
  @DescribedQuery('upgradeGet', 'One upgrade with the durations of its stages')
  getUpgrade(
    @Param('id', UuidPipe) upgradeId: string,
    @Req() request: HttpRequest,
  ): Promise<object> {
    return this.readModel.ask('upgradeGet', queryOf('upgradeGet', request, { upgradeId }));
  }
}
