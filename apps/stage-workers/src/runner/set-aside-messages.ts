import type { Logger, Metrics } from '@uplift/runtime';

/** Keeps a record of messages that no handling can make anything of: they are not the relay's. */
export class SetAsideMessages {
  private readonly total;

  constructor(
    metrics: Metrics,
    private readonly logger: Logger,
  ) {
    this.total = metrics.counter({
      name: 'messages_set_aside_total',
      help: 'Messages of the bus that are not of the relay, or of a history that the store has lost',
      labels: ['reason'],
    });
  }

  /** @param where what is known of the message, for the log */
  record(error: unknown, where: Readonly<Record<string, unknown>>): void {
    this.total.inc({ reason: codeOf(error) });
    this.logger.error({ err: error, ...where }, 'a message was set aside');
  }
}

function codeOf(error: unknown): string {
  const isCoded = error instanceof Error && 'code' in error && typeof error.code === 'string';
  return isCoded ? String(error.code) : 'unknown';
}
