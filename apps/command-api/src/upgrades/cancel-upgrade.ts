import { Injectable } from '@nestjs/common';
import { CommandDesk } from '../commands/command-desk';
import type { Caller } from '../commands/command-request';
import type { CommandResult } from '../commands/command-result';
import type { CancelUpgradeOfInstanceDto } from './cancel-upgrade.dto';

/** Ends an upgrade at once where nothing was deployed yet, else asks its worker to stop the deployment. */
@Injectable()
export class CancelUpgrade {
  constructor(private readonly desk: CommandDesk) {}

  async execute(dto: CancelUpgradeOfInstanceDto, caller: Caller): Promise<CommandResult> {
    const { instanceId, upgradeId, reason } = dto;
    const data = { upgradeId, requestedBy: caller.actor.id, reason };
    return this.desk.submit({
      instanceId,
      command: { type: 'CancelUpgrade', data },
      content: { instanceId, upgradeId, reason },
      caller,
    });
  }
}
