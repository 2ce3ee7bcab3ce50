import { Body, Controller, Param } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ApiTags } from '@nestjs/swagger';
import type { Principal } from '@uplift/access';
import type { BusRequest } from '@uplift/bus';
import type { CommandAnswer, Query } from '@uplift/contracts';
import { COMMAND_SUBJECTS } from '@uplift/contracts';
import type { CommandResult } from '../commands/command-answer';
import { answerOf } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
import {
  DtoPipe,
  HttpCaller,
  HttpPrincipal,
  HttpQuery,
  UpgradePath,
  UuidPipe,
} from '../http/http-requests';
import { GetQuery, PostCommand } from '../http/routes';
import { readDto } from '../input/read-dto';
import { BusCommand, busCaller } from '../nats/bus-command';
import { ReadModel } from '../nats/read-model';
import { UpgradeCommands } from './upgrade-commands';
import type { OfUpgradeDto } from './upgrades.dto';
import {
  PrioritizeUpgradeDto,
  PrioritizeUpgradeOfInstanceDto,
  ReasonDto,
  ReasonOfUpgradeDto,
  ResolveOutcomeDto,
  ResolveOutcomeOfInstanceDto,
  RetryUpgradeDto,
  RetryUpgradeOfInstanceDto,
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
    @UpgradePath() path: OfUpgradeDto,
    @Body(DtoPipe) body: ReasonDto,
  ): Promise<CommandResult> {
    return this.commands.cancel({ ...body, ...path }, caller);
  }

  @BusCommand(COMMAND_SUBJECTS.cancelUpgrade)
  async cancelOverBus(@Payload() request: BusRequest): Promise<CommandAnswer> {
    const dto = readDto(ReasonOfUpgradeDto, request.body);
    return answerOf(await this.commands.cancel(dto, busCaller(request)));
  }

  @PostCommand(
    'instances/:id/upgrades/:upgradeId/retry',
    'A new attempt of a failed upgrade, from the earliest stage that is not complete',
  )
  retryUpgrade(
    @HttpCaller() caller: Caller,
    @UpgradePath() path: OfUpgradeDto,
    @Body(DtoPipe) body: RetryUpgradeDto,
  ): Promise<CommandResult> {
    return this.commands.retry({ ...body, ...path }, caller);
  }

  @BusCommand(COMMAND_SUBJECTS.retryUpgrade)
  async retryOverBus(@Payload() request: BusRequest): Promise<CommandAnswer> {
    const dto = readDto(RetryUpgradeOfInstanceDto, request.body);
    return answerOf(await this.commands.retry(dto, busCaller(request)));
  }

  @PostCommand(
    'instances/:id/upgrades/:upgradeId/abandon',
    'Accept an instance as a failed upgrade left it: it is verified, then it runs',
  )
  abandonUpgrade(
    @HttpCaller() caller: Caller,
    @UpgradePath() path: OfUpgradeDto,
    @Body(DtoPipe) body: ReasonDto,
  ): Promise<CommandResult> {
    return this.commands.abandon({ ...body, ...path }, caller);
  }

  @BusCommand(COMMAND_SUBJECTS.abandonUpgrade)
  async abandonOverBus(@Payload() request: BusRequest): Promise<CommandAnswer> {
    const dto = readDto(ReasonOfUpgradeDto, request.body);
    return answerOf(await this.commands.abandon(dto, busCaller(request)));
  }

  @PostCommand(
    'instances/:id/upgrades/:upgradeId/resolve',
    'Say what became of a call whose outcome nobody knows; Lagoon is asked whether it holds',
  )
  resolveOutcome(
    @HttpCaller() caller: Caller,
    @UpgradePath() path: OfUpgradeDto,
    @Body(DtoPipe) body: ResolveOutcomeDto,
  ): Promise<CommandResult> {
    return this.commands.resolve({ ...body, ...path }, caller);
  }

  @BusCommand(COMMAND_SUBJECTS.resolveOutcome)
  async resolveOverBus(@Payload() request: BusRequest): Promise<CommandAnswer> {
    const dto = readDto(ResolveOutcomeOfInstanceDto, request.body);
    return answerOf(await this.commands.resolve(dto, busCaller(request)));
  }

  @PostCommand(
    'instances/:id/upgrades/:upgradeId/redrive',
    'Offer the present stage to its workers again',
  )
  redriveStage(
    @HttpCaller() caller: Caller,
    @UpgradePath() path: OfUpgradeDto,
    @Body(DtoPipe) body: ReasonDto,
  ): Promise<CommandResult> {
    return this.commands.redrive({ ...body, ...path }, caller);
  }

  @BusCommand(COMMAND_SUBJECTS.redriveStage)
  async redriveOverBus(@Payload() request: BusRequest): Promise<CommandAnswer> {
    const dto = readDto(ReasonOfUpgradeDto, request.body);
    return answerOf(await this.commands.redrive(dto, busCaller(request)));
  }

  @PostCommand(
    'instances/:id/upgrades/:upgradeId/rollback',
    'An upgrade to what was deployed before this one',
  )
  rollBackUpgrade(
    @HttpCaller() caller: Caller,
    @UpgradePath() path: OfUpgradeDto,
    @Body(DtoPipe) body: ReasonDto,
  ): Promise<CommandResult> {
    return this.commands.rollBack({ ...body, ...path }, caller);
  }

  @BusCommand(COMMAND_SUBJECTS.rollBackUpgrade)
  async rollBackOverBus(@Payload() request: BusRequest): Promise<CommandAnswer> {
    const dto = readDto(ReasonOfUpgradeDto, request.body);
    return answerOf(await this.commands.rollBack(dto, busCaller(request)));
  }

  @PostCommand(
    'instances/:id/upgrades/:upgradeId/prioritize',
    'Let a waiting upgrade pass the queue for admission',
  )
  prioritizeUpgrade(
    @HttpCaller() caller: Caller,
    @UpgradePath() path: OfUpgradeDto,
    @Body(DtoPipe) body: PrioritizeUpgradeDto,
  ): Promise<CommandResult> {
    return this.commands.prioritize({ ...body, ...path }, caller);
  }

  @BusCommand(COMMAND_SUBJECTS.prioritizeUpgrade)
  async prioritizeOverBus(@Payload() request: BusRequest): Promise<CommandAnswer> {
    const dto = readDto(PrioritizeUpgradeOfInstanceDto, request.body);
    return answerOf(await this.commands.prioritize(dto, busCaller(request)));
  }

  @GetQuery('upgrades', 'upgradeList', 'Upgrades of all instances, newest first')
  listUpgrades(
    @HttpQuery('upgradeList') query: Query<'upgradeList'>,
    @HttpPrincipal() principal: Principal,
  ): Promise<object> {
    return this.readModel.ask('upgradeList', query, principal);
  }

  @GetQuery('upgrades/:id', 'upgradeGet', 'One upgrade with the durations of its stages')
  getUpgrade(
    @HttpQuery('upgradeGet') query: Query<'upgradeGet'>,
    @HttpPrincipal() principal: Principal,
  ): Promise<object> {
    return this.readModel.ask('upgradeGet', query, principal);
  }
}
