import { Injectable } from '@nestjs/common';
import type { ProblemDetails } from '@uplift/contracts';
import { ProblemError } from '@uplift/contracts';
import { Clock, Metrics } from '@uplift/runtime';
import type { CommandOutcome } from './command-answer';
import { CommandLimiter } from './command-limiter';
import type { Asked } from './command-request';
import { toProblem } from './to-problem';

type MeasuredOutcome = CommandOutcome | 'refused' | 'unknown' | 'failed';

/** Bounds, counts and times the commands of every transport. */
@Injectable()
export class CommandMeter {
  private readonly total;
  private readonly refusals;
  private readonly duration;

  constructor(
    private readonly limiter: CommandLimiter,
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    this.total = metrics.counter({
      name: 'commands_total',
      help: 'Commands by transport and outcome',
      labels: ['command', 'transport', 'outcome'],
    });
    this.refusals = metrics.counter({
      name: 'command_refusals_total',
      help: 'Refused commands by the code of the problem',
      labels: ['command', 'code'],
    });
    this.duration = metrics.histogram({
      name: 'command_duration_seconds',
      help: 'From the parsed command to its answer, the wait for its turn included',
      labels: ['command', 'transport'],
    });
  }

  /** Throws a ProblemError for everything that the caller is told of; `about` makes its document. */
  async measure<Result extends { readonly outcome: CommandOutcome }>(
    asked: Asked,
    handle: () => Promise<Result>,
    about: (document: ProblemDetails) => ProblemDetails = (document) => document,
  ): Promise<Result> {
    const since = this.clock.monotonic();
    try {
      const { limiter } = this;
      const isPatient = asked.caller.isPatient === true;
      const result = await (isPatient ? limiter.runPatiently(handle) : limiter.run(handle));
      this.count(asked, result.outcome, since);
      return result;
    } catch (error) {
      const document = toProblem(error);
      this.count(asked, outcomeOf(document), since);
      if (document.code === 'internal-error') throw error;
      const { code } = document;
      if (document.status < 500) this.refusals.inc({ command: asked.command.type, code });
      throw new ProblemError(about(document), { cause: error });
    }
  }

  private count({ command, caller }: Asked, outcome: MeasuredOutcome, since: number): void {
    const labels = { command: command.type, transport: caller.transport };
    this.total.inc({ ...labels, outcome });
    this.duration.observe(labels, (this.clock.monotonic() - since) / 1_000);
  }
}

function outcomeOf({ code, status }: ProblemDetails): MeasuredOutcome {
  if (code === 'event-store-unavailable') return 'unknown';
  return status >= 500 ? 'failed' : 'refused';
}
