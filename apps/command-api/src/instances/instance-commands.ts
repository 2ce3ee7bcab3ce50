import { Injectable } from '@nestjs/common';
import { refusal } from '@uplift/contracts';
import type { HealthProbeTarget, InstanceProfile, Labels, ProfileChanges } from '@uplift/domain';
import { deepEqual } from '@uplift/domain';
import type { LoadedInstance } from '@uplift/event-store';
import type { CommandResult } from '../commands/command-answer';
import type { Caller, CommandRequest } from '../commands/command-request';
import { instanceIdFor } from '../commands/command-request';
import { CommandService } from '../commands/command-service';
import { Environments } from '../commands/environments';
import { InstanceLimits } from '../commands/instance-limits';
import { planOf, scriptOf } from '../upgrades/upgrade-commands';
import type { ReasonOfInstanceDto } from '../upgrades/upgrades.dto';
import type {
  DeregisterInstanceOfInstanceDto,
  RegisterInstanceDto,
  RegistrationDto,
  ReportHealthOfInstanceDto,
  UpdateInstanceOfInstanceDto,
} from './instances.dto';

/** Some members of a registration. */
type Named = {
  readonly [Name in keyof RegistrationDto]?: RegistrationDto[Name] | undefined;
};

interface Reasoned {
  readonly reason: string;
}

@Injectable()
export class InstanceCommands {
  constructor(
    private readonly commands: CommandService,
    private readonly environments: Environments,
    private readonly limits: InstanceLimits,
  ) {}

  register(dto: RegisterInstanceDto, caller: Caller): Promise<CommandResult> {
    return this.commands.execute(this.registering(dto, caller));
  }

  registering(dto: RegisterInstanceDto, caller: Caller) {
    const { instanceId = instanceIdFor(caller), status, labels = {} } = dto;
    const data = { profile: profileOf(dto), labels, status };
    const environmentId = this.environments.idFor(data.profile, status);
    const reserved = environmentId === undefined ? {} : { environmentId };
    return {
      instanceId,
      command: { type: 'RegisterInstance', data: { ...data, ...reserved } },
      content: { instanceId, ...data },
      caller,
    } satisfies CommandRequest;
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

  /** From its next upgrade on, never into one in flight. */
  async update(dto: UpdateInstanceOfInstanceDto, caller: Caller): Promise<CommandResult> {
    const { instanceId, reason, ...named } = dto;
    refuseNothing(named);
    const content = { instanceId, reason, ...named };
    return this.commands.execute(this.updating({ instanceId, reason, content, caller }, named));
  }

  /** The request that brings an instance up to date with what is named. */
  updating(
    { instanceId, reason, content, caller }: Omit<CommandRequest, 'command'> & Reasoned,
    { labels: named, ...profile }: Named,
  ): CommandRequest {
    const changes = changesIn(profile);
    const labels = named ?? null;
    const data = { changes, labels, reason, requestedBy: caller.actor.id };
    const command = { type: 'UpdateInstance', data } as const;
    const fit = async (loaded: LoadedInstance) => {
      const news = labels === null ? null : await this.newLabels(labels, instanceId, loaded);
      const environmentId = this.environments.newIdFor(changes, loaded);
      const place = environmentId === undefined ? {} : { environmentId };
      return { ...command, data: { ...data, ...place, labels: news } };
    };
    return { instanceId, command, content, caller, fit };
  }

  /** Null if the instance has these already. */
  private async newLabels(labels: Labels, instanceId: string, loaded: LoadedInstance) {
    const present = await this.limits.registration(instanceId, loaded);
    return present !== null && deepEqual(present.labels, labels) ? null : labels;
  }

  /** Lets go of an instance for good; with `cancel` at the end of an upgrade in flight. */
  deregister(
    { instanceId, reason, cancel }: DeregisterInstanceOfInstanceDto,
    caller: Caller,
  ): Promise<CommandResult> {
    const cancelling = cancel === undefined ? {} : { cancel };
    const data = { reason, requestedBy: caller.actor.id, ...cancelling };
    const command = { type: 'DeregisterInstance', data } as const;
    const content = { instanceId, reason, ...cancelling };
    return this.commands.execute({ instanceId, command, content, caller });
  }

  /** Holds an upgrade in flight, lets it go on, or says whether the instance has an owner. */
  ask(
    type: 'ParkInstance' | 'UnparkInstance' | 'ClaimInstance' | 'UnclaimInstance',
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

/** The members that a caller has named, as a profile has them. */
function changesIn({ scripts, healthProbe, upgrade, ...place }: Named): ProfileChanges {
  const { preUpgrade, postUpgrade } = scripts ?? {};
  const tasks = { preUpgrade: scriptOf(preUpgrade), postUpgrade: scriptOf(postUpgrade) };
  return {
    ...placeIn(place),
    ...(scripts === undefined ? {} : { scripts: tasks }),
    ...(healthProbe === undefined ? {} : { healthProbe: healthProbeOf(healthProbe) }),
    ...(upgrade === undefined ? {} : { upgrade: planOf(upgrade) }),
  };
}

function placeIn({ project, projectId, environment, core, app }: Named): ProfileChanges {
  return {
    ...(project === undefined ? {} : { project }),
    ...(projectId === undefined ? {} : { projectId }),
    ...(environment === undefined ? {} : { environment }),
    ...(core === undefined ? {} : { core }),
    ...(app === undefined ? {} : { app }),
  };
}

const CHANGEABLE =
  'project, projectId, environment, core, app, labels, scripts, healthProbe, upgrade';

function refuseNothing(named: object): void {
  if (Object.values(named).some((value) => value !== undefined)) return;
  throw refusal('invalid-input', 'See errors for each fault and its place', {
    errors: [{ pointer: '', detail: `must have at least one of: ${CHANGEABLE}` }],
  });
}
