import type { Metrics } from '@uplift/runtime';

/** Counts the requests that were not let in, whatever they asked for. */
export class DenialMeter {
  private readonly total;

  constructor(metrics: Metrics) {
    this.total = metrics.counter({
      name: 'requests_denied_total',
      help: 'Requests that were not let in, by the code of the problem',
      labels: ['transport', 'code'],
    });
  }

  /** `code` is that of the problem. */
  count(transport: 'http' | 'nats', code: string): void {
    this.total.inc({ transport, code });
  }
}
