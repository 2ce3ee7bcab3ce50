import { Injectable } from '@nestjs/common';
import type { SystemCommandAnswer } from '@uplift/contracts';
import type { SystemCommand, SystemCommandType, SystemState } from '@uplift/domain';
import type { CommandOutcome } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
import { SystemStream } from './system-stream';
import type { SystemStreamResult } from './system-stream';
import type { SwitchStartsDto } from './system.dto';

export interface SystemCommandResult {
  readonly outcome: CommandOutcome;
  readonly answer: SystemCommandAnswer;
}

/** The stream of the switches of all starts. */
export class SwitchStream extends SystemStream<SystemCommand, SystemState> {}

/** The switch of all starts. */
@Injectable()
export class SystemCommands {
  constructor(private readonly switches: SwitchStream) {}

  async switchStarts(
    type: SystemCommandType,
    dto: SwitchStartsDto,
    caller: Caller,
  ): Promise<SystemCommandResult> {
    const { core = null, reason } = dto;
    const command = { type, data: { core, reason, requestedBy: caller.actor.id } };
    return inWords(await this.switches.execute({ command, content: { core, reason }, caller }));
  }
}

function inWords({
  outcome,
  revision,
  position,
  state: { system, cores },
}: SystemStreamResult<SystemState>): SystemCommandResult {
  const answer = {
    revision,
    position: position.toString(),
    stopped: system !== null,
    stoppedCores: Object.keys(cores).sort(),
    links: { system: '/v1/system' },
  };
  return { outcome, answer };
}
