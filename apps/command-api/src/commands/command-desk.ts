import { Injectable } from '@nestjs/common';
import type { ProblemDetails } from '@uplift/contracts';
import { ProblemError } from '@uplift/contracts';
import { toProblem } from '../problems/to-problem';
import type { MeasuredOutcome } from './command-metrics';
import { CommandMetrics } from './command-metrics';
import type { CommandRequest } from './command-request';
import type { CommandResult } from './command-result';
import { InstanceCommandHandler } from './instance-command.handler';

/** Where every door hands in its commands: handled, measured, refused in the words of a problem document. */
@Injectable()
export class CommandDesk {
  constructor(
    private readonly handler: InstanceCommandHandler,
    private readonly metrics: CommandMetrics,
  ) {}

  async submit(request: CommandRequest): Promise<CommandResult> {
    const since = performance.now();
    try {
      const result = await this.handler.handle(request);
      this.measure(request, result.outcome, since);
      return result;
    } catch (error) {
      const document = toProblem(error);
      this.measure(request, outcomeOf(document), since);
      if (document.code === 'internal-error') throw error;
      throw new ProblemError({ instanceId: request.instanceId, ...document }, { cause: error });
    }
  }

  private measure({ command, caller }: CommandRequest, outcome: MeasuredOutcome, since: number) {
    const seconds = (performance.now() - since) / 1_000;
    this.metrics.record({ command: command.type, door: caller.door, outcome }, seconds);
  }
}

function outcomeOf({ code, status }: ProblemDetails): MeasuredOutcome {
  if (code === 'event-store-unavailable') return 'unknown';
  return status >= 500 ? 'failed' : 'refused';
}
