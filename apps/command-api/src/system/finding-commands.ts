import { Injectable } from '@nestjs/common';
import type { FindingCommandAnswer } from '@uplift/contracts';
import type { FindingCommand, FindingsState } from '@uplift/domain';
import type { CommandOutcome } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
import { SystemStream } from './system-stream';
import type { CloseFindingDto } from './system.dto';

export interface FindingCommandResult {
  readonly outcome: CommandOutcome;
  readonly answer: FindingCommandAnswer;
}

/** The stream of what was found in store and bus. */
export class FindingStream extends SystemStream<FindingCommand, FindingsState> {}

/** What a person does about a finding. Only the auditor records one. */
@Injectable()
export class FindingCommands {
  constructor(private readonly findings: FindingStream) {}

  async close(
    { findingId, reason }: CloseFindingDto,
    caller: Caller,
  ): Promise<FindingCommandResult> {
    const content = { findingId, reason };
    const data = { ...content, requestedBy: caller.actor.id };
    const command = { type: 'CloseFinding', data } as const;
    const { outcome, revision, position } = await this.findings.execute({
      command,
      content,
      caller,
    });
    const links = { findings: '/v1/system/findings' };
    return { outcome, answer: { findingId, revision, position: position.toString(), links } };
  }
}
