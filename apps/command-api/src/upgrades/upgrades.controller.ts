import { Body, Controller, Param } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ApiTags } from '@nestjs/swagger';
import type { BusRequest } from '@uplift/bus';
import type { CommandAnswer, Query } from '@uplift/contracts';
import { COMMAND_SUBJECTS } from '@uplift/contracts';
import type { CommandResult } from '../commands/command-answer';
import { answerOf } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
import { DtoPipe, HttpCaller, HttpQuery, UuidPipe } from '../http/http-requests';
import { GetQuery, PostCommand } from '../http/routes';
import { readDto } from '../input/read-dto';
import { BusCommand, busCaller } from '../nats/bus-command';
import { ReadModel } from '../nats/read-model';
import { UpgradeCommands } from './upgrade-commands';
import {
  CancelUpgradeDto,
  CancelUpgradeOfInstanceDto,
  TriggerUpgradeDto,
  TriggerUpgradeOfInstanceDto,
} from './upgrades.dto';

@ApiTags('upgrades')
@Controller('v1')
export class UpgradesController {
  constructor(
    private readonly commands: UpgradeCommands,
    private readonly readModel: ReadModel,
  ) {}

  @PostCommand('instances/:id/upgrades', 'Upgrade an instance in place')
  triggerUpgrade(
    @HttpCaller() caller: Caller,
    @Param('id', UuidPipe) instanceId: string,
    @Body(DtoPipe) body: TriggerUpgradeDto,
  ): Promise<CommandResult> {
    return this.commands.trigger({ ...body, instanceId }, caller);
  }

  @BusCommand(COMMAND_SUBJECTS.triggerUpgrade)
  async triggerOverBus(@Payload() request: BusRequest): Promise<CommandAnswer> {
    const dto = readDto(TriggerUpgradeOfInstanceDto, request.body);
    return answerOf(await this.commands.trigger(dto, busCaller(request)));
  }

  @PostCommand(
    'instances/:id/upgrades/:upgradeId/cancel',
    'Cancel an upgrade before its deployment is complete',
  )
  cancelUpgrade(
    @HttpCaller() caller: Caller,
    @Param('id', UuidPipe) instanceId: string,
    @Param('upgradeId', UuidPipe) upgradeId: string,
    @Body(DtoPipe) { reason }: CancelUpgradeDto,
  ): Promise<CommandResult> {
    return this.commands.cancel({ instanceId, upgradeId, reason }, caller);
  }

  @BusCommand(COMMAND_SUBJECTS.cancelUpgrade)
  async cancelOverBus(@Payload() request: BusRequest): Promise<CommandAnswer> {
    const dto = readDto(CancelUpgradeOfInstanceDto, request.body);
    return answerOf(await this.commands.cancel(dto, busCaller(request)));
  }

  @GetQuery('upgrades/:id', 'upgradeGet', 'One upgrade with the durations of its stages')
  getUpgrade(@HttpQuery('upgradeGet') query: Query<'upgradeGet'>): Promise<object> {
    return this.readModel.ask('upgradeGet', query);
  }
}
