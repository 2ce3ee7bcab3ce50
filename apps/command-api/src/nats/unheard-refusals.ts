import { Injectable } from '@nestjs/common';
import type { ProblemDetails } from '@uplift/contracts';
import { Metrics } from '@uplift/runtime';
import { RefusalRecorder } from '../commands/refusal-recorder';

/** Kept already, by the guard that has refused. */
const KEPT = [401, 403];

/** Commands that were sent without a subject for the answer, and refused: their senders learn of it from the history alone. */
@Injectable()
export class UnheardRefusals {
  private readonly total;

  constructor(
    private readonly refusals: RefusalRecorder,
    metrics: Metrics,
  ) {
    this.total = metrics.counter({
      name: 'commands_refused_unheard_total',
      help: 'Commands on the bus that were refused and had no subject for the answer, by the code of the problem',
      labels: ['code'],
    });
  }

  /** Returns at once, and never throws. */
  refused(command: string, { code, status }: ProblemDetails): void {
    this.total.inc({ code });
    if (KEPT.includes(status)) return;
    this.refusals.recordDenial({ command, transport: 'nats', code, actor: null });
  }
}
