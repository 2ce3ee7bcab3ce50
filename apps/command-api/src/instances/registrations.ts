import { Injectable } from '@nestjs/common';
import type { ProblemCode } from '@uplift/contracts';
import { ProblemError } from '@uplift/contracts';
import type { CommandResult } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
import { CommandService } from '../commands/command-service';
import { Environments } from '../commands/environments';
import { InstanceCommands } from './instance-commands';
import type { RegisterInstanceDto } from './instances.dto';

/** Somebody else may take or leave the environment in between. */
const MOST_TRIES = 3;
type Registering = ReturnType<InstanceCommands['registering']>;
const REASON = 'registered again, with upsert';

/** Takes registrations, with `upsert` also of an environment that has an instance already. */
@Injectable()
export class Registrations {
  constructor(
    private readonly commands: InstanceCommands,
    private readonly service: CommandService,
    private readonly environments: Environments,
  ) {}

  register(dto: RegisterInstanceDto, caller: Caller): Promise<CommandResult> {
    return dto.upsert ? this.upsert(dto, caller) : this.commands.register(dto, caller);
  }

  private async upsert(dto: RegisterInstanceDto, caller: Caller): Promise<CommandResult> {
    const registering = this.commands.registering(dto, caller);
    const known = await this.service.earlier(registering);
    if (known !== undefined) return known;
    return this.place(dto, registering, MOST_TRIES);
  }

  private async place(
    dto: RegisterInstanceDto,
    registering: Registering,
    tries: number,
  ): Promise<CommandResult> {
    const existing = await this.inEnvironment(dto, registering);
    if (existing !== undefined) return { ...existing, existed: true };
    try {
      return await this.service.execute(registering);
    } catch (error) {
      if (tries <= 1 || !isProblem(error, 'environment-taken')) throw error;
      return this.place(dto, registering, tries - 1);
    }
  }

  /** Undefined where the environment has no instance that the caller reaches. Its key also stands for those that had it. */
  private async inEnvironment(
    dto: RegisterInstanceDto,
    registering: Registering,
  ): Promise<CommandResult | undefined> {
    const { caller, instanceId: ownId } = registering;
    const { profile } = registering.command.data;
    const { ids, present } = await this.environments.holdersOf(profile);
    const updating = (instanceId: string) =>
      this.commands.updating(
        { instanceId, reason: REASON, content: { ...dto }, caller },
        practiceOf(dto),
      );
    for (const id of ids.filter((each) => each !== ownId)) {
      const earlier = await this.service.earlier(updating(id));
      if (earlier !== undefined) return earlier;
    }
    const isAnother = dto.instanceId !== undefined && dto.instanceId !== present;
    if (present === null || isAnother) return undefined;
    return this.service.execute(updating(present)).catch(undefinedIfGone);
  }
}

/** The environment stays as it is spelled there. */
function practiceOf({
  projectId,
  app,
  labels,
  scripts,
  healthProbe,
  upgrade,
}: RegisterInstanceDto) {
  return { projectId, app, labels, scripts, healthProbe, upgrade };
}

function undefinedIfGone(error: unknown): undefined {
  if (isProblem(error, 'instance-unknown') || isProblem(error, 'instance-removed')) return;
  throw error;
}

function isProblem(error: unknown, code: ProblemCode): boolean {
  return error instanceof ProblemError && error.problem.code === code;
}
