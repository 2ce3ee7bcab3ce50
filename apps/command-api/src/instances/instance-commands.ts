import { Injectable } from '@nestjs/common';
import type { HealthProbeTarget, InstanceProfile } from '@uplift/domain';
import type { CommandResult } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
import { instanceIdFor } from '../commands/command-request';
import { CommandService } from '../commands/command-service';
import { Environments } from '../commands/environments';
import { planOf, scriptOf } from '../upgrades/upgrade-commands';
import type { ReasonOfInstanceDto } from '../upgrades/upgrades.dto';
import type {
  RegisterInstanceDto,
  RegistrationDto,
  ReportHealthOfInstanceDto,
} from './instances.dto';

@Injectable()
export class InstanceCommands {
  constructor(
    private readonly commands: CommandService,
    private readonly environments: Environments,
  ) {}

  async register(dto: RegisterInstanceDto, caller: Caller): Promise<CommandResult> {
    const { instanceId = instanceIdFor(caller), status, labels = {} } = dto;
    const data = { profile: profileOf(dto), labels, status };
    const environmentId = this.environments.idFor(data.profile, status);
    const reserved = environmentId === undefined ? {} : { environmentId };
    return this.commands.execute({
      instanceId,
      command: { type: 'RegisterInstance', data: { ...data, ...reserved } },
      content: { instanceId, ...data },
      caller,
    });
  }

  async reportHealth(dto: ReportHealthOfInstanceDto, caller: Caller): Promise<CommandResult> {
    const { instanceId, status } = dto;
    return this.commands.execute({
      instanceId,
      command: { type: 'ReportHealth', data: { status } },
      content: { instanceId, status },
      caller,
    });
  }

  /** Holds an upgrade in flight, lets it go on, or lets go of the instance for good. */
  ask(
    type: 'ParkInstance' | 'UnparkInstance' | 'DeregisterInstance',
    dto: ReasonOfInstanceDto,
    caller: Caller,
  ): Promise<CommandResult> {
    const { instanceId, reason } = dto;
    const command = { type, data: { reason, requestedBy: caller.actor.id } };
    return this.commands.execute({ instanceId, command, content: { ...dto }, caller });
  }
}

function healthProbeOf({
  path = '/',
  acceptStatuses = [],
  kind,
  script,
}: NonNullable<RegistrationDto['healthProbe']>): HealthProbeTarget {
  const runs = scriptOf(script);
  return {
    path,
    acceptStatuses,
    ...(kind === undefined ? {} : { kind }),
    ...(runs === null ? {} : { script: runs }),
  };
}

/** What a caller registers, with every default filled in. */
function profileOf(dto: RegistrationDto): InstanceProfile {
  const { project, projectId = null, environment, core = 'default', app, upgrade } = dto;
  const { preUpgrade, postUpgrade } = dto.scripts ?? {};
  return {
    project,
    projectId,
    environment,
    core,
    app,
    scripts: { preUpgrade: scriptOf(preUpgrade), postUpgrade: scriptOf(postUpgrade) },
    healthProbe: healthProbeOf(dto.healthProbe ?? {}),
    ...(upgrade === undefined ? {} : { upgrade: planOf(upgrade) }),
  };
}
