import { Injectable } from '@nestjs/common';
import { refusal } from '@uplift/contracts';
import type { InstanceCommandData, InstanceProfile } from '@uplift/domain';
import { isInstanceStatus, isRunning } from '@uplift/domain';
import type { CommandResult } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
import { instanceIdFor } from '../commands/command-request';
import { CommandService } from '../commands/command-service';
import { planOf, scriptOf } from '../upgrades/upgrade-commands';
import type {
  RegisterInstanceDto,
  RegistrationDto,
  ReportHealthOfInstanceDto,
} from './instances.dto';
import { RUNNING_STATUSES } from './instances.dto';

@Injectable()
export class InstanceCommands {
  constructor(private readonly commands: CommandService) {}

  async register(dto: RegisterInstanceDto, caller: Caller): Promise<CommandResult> {
    const { instanceId = instanceIdFor(caller.idempotencyKey) } = dto;
    const data = registrationOf(dto);
    return this.commands.execute({
      instanceId,
      command: { type: 'RegisterInstance', data },
      content: { instanceId, ...data },
      caller,
    });
  }

  async reportHealth(dto: ReportHealthOfInstanceDto, caller: Caller): Promise<CommandResult> {
    const { instanceId, status } = dto;
    if (!isRunning(status)) {
      throw refusal('invalid-input', `An app may report ${RUNNING_STATUSES.join(', ')}`, {
        instanceId,
        errors: [{ pointer: '/status', detail: `must be one of ${RUNNING_STATUSES.join(', ')}` }],
      });
    }
    return this.commands.execute({
      instanceId,
      command: { type: 'ReportHealth', data: { status } },
      content: { instanceId, status },
      caller,
    });
  }
}

/** The domain's words for what a caller registers, with every default filled in. */
function registrationOf(dto: RegistrationDto): InstanceCommandData['RegisterInstance'] {
  const { status, labels = {} } = dto;
  if (!isInstanceStatus(status)) throw refusal('invalid-input', `${status} is not a status`);
  return { profile: profileOf(dto), labels, status };
}

function profileOf(dto: RegistrationDto): InstanceProfile {
  const { project, projectId = null, environment, core = 'default', app, upgrade } = dto;
  const { path = '/', acceptStatuses = [] } = dto.healthProbe ?? {};
  const { preUpgrade, postUpgrade } = dto.scripts ?? {};
  return {
    project,
    projectId,
    environment,
    core,
    app,
    scripts: { preUpgrade: scriptOf(preUpgrade), postUpgrade: scriptOf(postUpgrade) },
    healthProbe: { path, acceptStatuses },
    ...(upgrade === undefined ? {} : { upgrade: planOf(upgrade) }),
  };
}
