import { Controller, UseFilters } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { BusRequest } from '@uplift/bus';
import { COMMAND_SUBJECTS } from '@uplift/contracts';
import { readDto } from '../input/read-dto';
import { RegisterInstance } from '../instances/register-instance';
import { RegisterInstanceDto } from '../instances/register-instance.dto';
import { ReportHealth } from '../instances/report-health';
import { ReportHealthOfInstanceDto } from '../instances/report-health.dto';
import { BusProblemFilter } from './bus-problem.filter';
import { CancelUpgrade } from '../upgrades/cancel-upgrade';
import { CancelUpgradeOfInstanceDto } from '../upgrades/cancel-upgrade.dto';
import { TriggerUpgrade } from '../upgrades/trigger-upgrade';
import { TriggerUpgradeOfInstanceDto } from '../upgrades/trigger-upgrade.dto';
import { busCaller } from './bus-caller';
import type { CommandAnswer } from './command-answer';
import { answerOf } from './command-answer';

/** The same commands as over HTTP, for services on the bus. */
@UseFilters(BusProblemFilter)
@Controller()
export class CommandBusController {
  constructor(
    private readonly registerInstance: RegisterInstance,
    private readonly reportHealth: ReportHealth,
    private readonly triggerUpgrade: TriggerUpgrade,
    private readonly cancelUpgrade: CancelUpgrade,
  ) {}

  @MessagePattern(COMMAND_SUBJECTS.registerInstance)
  async register(@Payload() request: BusRequest): Promise<CommandAnswer> {
    const dto = readDto(RegisterInstanceDto, request.body);
    return answerOf(await this.registerInstance.execute(dto, busCaller(request)));
  }

  @MessagePattern(COMMAND_SUBJECTS.reportHealth)
  async report(@Payload() request: BusRequest): Promise<CommandAnswer> {
    const dto = readDto(ReportHealthOfInstanceDto, request.body);
    return answerOf(await this.reportHealth.execute(dto, busCaller(request)));
  }

  @MessagePattern(COMMAND_SUBJECTS.triggerUpgrade)
  async trigger(@Payload() request: BusRequest): Promise<CommandAnswer> {
    const dto = readDto(TriggerUpgradeOfInstanceDto, request.body);
    return answerOf(await this.triggerUpgrade.execute(dto, busCaller(request)));
  }

  @MessagePattern(COMMAND_SUBJECTS.cancelUpgrade)
  async cancel(@Payload() request: BusRequest): Promise<CommandAnswer> {
    const dto = readDto(CancelUpgradeOfInstanceDto, request.body);
    return answerOf(await this.cancelUpgrade.execute(dto, busCaller(request)));
  }
}
