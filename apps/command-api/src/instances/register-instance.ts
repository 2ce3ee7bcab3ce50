import { Injectable } from '@nestjs/common';
import { CommandDesk } from '../commands/command-desk';
import { instanceIdFor } from '../commands/command-identity';
import type { Caller } from '../commands/command-request';
import type { CommandResult } from '../commands/command-result';
import { registrationOf } from './instance-profile.mapping';
import type { RegisterInstanceDto } from './register-instance.dto';

@Injectable()
export class RegisterInstance {
  constructor(private readonly desk: CommandDesk) {}

  async execute(dto: RegisterInstanceDto, caller: Caller): Promise<CommandResult> {
    const { instanceId = instanceIdFor(caller.idempotencyKey) } = dto;
    const data = registrationOf(dto);
    return this.desk.submit({
      instanceId,
      command: { type: 'RegisterInstance', data },
      content: { instanceId, ...data },
      caller,
    });
  }
}
