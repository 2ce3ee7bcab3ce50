import { Body, Controller, Param } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ApiTags } from '@nestjs/swagger';
import type { Principal } from '@uplift/access';
import type { BusRequest } from '@uplift/bus';
import type {
  AcceptStoreAnswer,
  FindingCommandAnswer,
  Query,
  SystemCommandAnswer,
} from '@uplift/contracts';
import { COMMAND_SUBJECTS } from '@uplift/contracts';
import type { Caller } from '../commands/command-request';
import { DtoPipe, HttpCaller, HttpPrincipal, HttpQuery, UuidPipe } from '../http/http-requests';
import { GetQuery, PostSwitchCommand, PostSystemCommand } from '../http/routes';
import { readDto } from '../input/read-dto';
import { BusCommand, busCaller } from '../nats/bus-command';
import { ReadModel } from '../nats/read-model';
import { ReasonDto } from '../upgrades/upgrades.dto';
import type { FindingCommandResult } from './finding-commands';
import { FindingCommands } from './finding-commands';
import type { AcceptStoreResult } from './accept-store';
import { AcceptStore } from './accept-store';
import type { SystemCommandResult } from './system-commands';
import { SystemCommands } from './system-commands';
import { AcceptStoreDto, CloseFindingDto, SwitchStartsDto } from './system.dto';

@ApiTags('system')
@Controller('v1')
export class SystemController {
  constructor(
    private readonly commands: SystemCommands,
    private readonly findings: FindingCommands,
    private readonly stores: AcceptStore,
    private readonly readModel: ReadModel,
  ) {}

  @GetQuery('system', 'systemStatus', 'Whether starts are stopped: by whom, why and since when')
  getSystem(
    @HttpQuery('systemStatus') query: Query<'systemStatus'>,
    @HttpPrincipal() principal: Principal,
  ): Promise<object> {
    return this.readModel.ask('systemStatus', query, principal);
  }

  @PostSwitchCommand(
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

  @PostSwitchCommand('system/allow-starts', 'Allows starts again')
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

  @GetQuery('system/findings', 'systemFindings', 'What was found in store and bus, newest first')
  getFindings(
    @HttpQuery('systemFindings') query: Query<'systemFindings'>,
    @HttpPrincipal() principal: Principal,
  ): Promise<object> {
    return this.readModel.ask('systemFindings', query, principal);
  }

  @PostSystemCommand(
    'system/findings/:id/close',
    'Says that a finding was looked after: it opens again if more of it is found',
    {
      answer: 'findingCommand',
      ifMatch: 'Revision of the findings: refuse with 412 if they have changed',
    },
  )
  closeFinding(
    @HttpCaller() caller: Caller,
    @Param('id', UuidPipe) findingId: string,
    @Body(DtoPipe) body: ReasonDto,
  ): Promise<FindingCommandResult> {
    return this.findings.close({ ...body, findingId }, caller);
  }

  @BusCommand(COMMAND_SUBJECTS.closeFinding)
  async closeFindingOverBus(@Payload() request: BusRequest): Promise<FindingCommandAnswer> {
    const dto = readDto(CloseFindingDto, request.body);
    return (await this.findings.close(dto, busCaller(request))).answer;
  }

  @PostSystemCommand(
    'system/accept-store',
    'The store as it is counts: bus and read model are filled from it anew, and commands are taken again',
    {
      answer: 'acceptStore',
      ifMatch: 'Revision of the decisions: refuse with 412 if another was taken',
    },
  )
  acceptStore(
    @HttpCaller() caller: Caller,
    @Body(DtoPipe) body: AcceptStoreDto,
  ): Promise<AcceptStoreResult> {
    return this.stores.accept(body, caller);
  }

  @BusCommand(COMMAND_SUBJECTS.acceptStore)
  async acceptStoreOverBus(@Payload() request: BusRequest): Promise<AcceptStoreAnswer> {
    const dto = readDto(AcceptStoreDto, request.body);
    return (await this.stores.accept(dto, busCaller(request))).answer;
  }
}
