import { Injectable } from '@nestjs/common';
import { isRunning } from '@uplift/domain';
import { CommandDesk } from '../commands/command-desk';
import type { Caller } from '../commands/command-request';
import type { CommandResult } from '../commands/command-result';
import { refusal } from '../problems/problem';
import { RUNNING_STATUSES } from './running-statuses';

@Injectable()
export class ReportHealth {
  constructor(private readonly desk: CommandDesk) {}

  async execute(
    { instanceId, status }: { readonly instanceId: string; readonly status: string },
    caller: Caller,
  ): Promise<CommandResult> {
    if (!isRunning(status)) {
      throw refusal('invalid-input', `An app may report ${RUNNING_STATUSES.join(', ')}`, {
        instanceId,
        errors: [{ pointer: '/status', detail: `must be one of ${RUNNING_STATUSES.join(', ')}` }],
      });
    }
    const data = { status };
    return this.desk.submit({
      instanceId,
      command: { type: 'ReportHealth', data },
      content: { instanceId, ...data },
      caller,
    });
  }
}
