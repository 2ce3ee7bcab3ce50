import { Body, Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ApiTags } from '@nestjs/swagger';
import type { BusRequest } from '@uplift/bus';
import type { Query, SystemCommandAnswer } from '@uplift/contracts';
import { COMMAND_SUBJECTS } from '@uplift/contracts';
import type { Caller } from '../commands/command-request';
import { DtoPipe, HttpCaller, HttpQuery } from '../http/http-requests';
import { GetQuery, PostSystemCommand } from '../http/routes';
import { readDto } from '../input/read-dto';
import { BusCommand, busCaller } from '../nats/bus-command';
import { ReadModel } from '../nats/read-model';
import type { SystemCommandResult } from './system-commands';
import { SystemCommands } from './system-commands';
import { SwitchStartsDto } from './system.dto';

@ApiTags('system')
@Controller('v1')
export class SystemController {
  constructor(
    private readonly commands: SystemCommands,
    private readonly readModel: ReadModel,
  ) {}

  @GetQuery('system', 'systemStatus', 'Whether starts are stopped: by whom, why and since when')
  getSystem(@HttpQuery('systemStatus') query: Query<'systemStatus'>): Promise<object> {
    return this.readModel.ask('systemStatus', query);
  }

  @PostSystemCommand(
    'system/stop-starts',
    'From now on no instance begins its pre-upgrade and no deployment is triggered',
  )
  stopStarts(
    @HttpCaller() caller: Caller,
    @Body(DtoPipe) body: SwitchStartsDto,
  ): Promise<SystemCommandResult> {
    return this.commands.switchStarts('StopStarts', body, caller);
  }

  @BusCommand(COMMAND_SUBJECTS.stopStarts)
  async stopStartsOverBus(@Payload() request: BusRequest): Promise<SystemCommandAnswer> {
    const dto = readDto(SwitchStartsDto, request.body);
    return (await this.commands.switchStarts('StopStarts', dto, busCaller(request))).answer;
  }

  @PostSystemCommand('system/allow-starts', 'Allows starts again')
  allowStarts(
    @HttpCaller() caller: Caller,
    @Body(DtoPipe) body: SwitchStartsDto,
  ): Promise<SystemCommandResult> {
    return this.commands.switchStarts('AllowStarts', body, caller);
  }

  @BusCommand(COMMAND_SUBJECTS.allowStarts)
  async allowStartsOverBus(@Payload() request: BusRequest): Promise<SystemCommandAnswer> {
    const dto = readDto(SwitchStartsDto, request.body);
    return (await this.commands.switchStarts('AllowStarts', dto, busCaller(request))).answer;
  }
}
