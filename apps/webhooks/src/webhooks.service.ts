import type { Clock, Health, Logger, Metrics } from '@uplift/runtime';
import type { Sender } from './deliver/sender';
import type { BusFollowing } from './follow/bus-following';
import type { DeliveryQueue, QueueCounts } from './store/webhook-store.port';

export interface ServiceParts {
  readonly following: BusFollowing;
  readonly sender: Sender;
  readonly queue: DeliveryQueue;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly logger: Logger;
}

const FORGET_MS = 60_000;
const NOTHING: QueueCounts = { pending: 0, oldestSeconds: 0, webhooks: 0, failingWebhooks: 0 };

/** The webhooks as part of the process: start, stop, and what is told of them. */
export class WebhooksService {
  private readonly stopping = new AbortController();
  private forgetting: Promise<void> = Promise.resolve();

  constructor(private readonly parts: ServiceParts) {}

  start(): void {
    const { following, sender, health } = this.parts;
    health.addReadiness('following', () => following.trouble);
    health.addReadiness('sending', () => sender.trouble);
    this.describe();
    following.start();
    sender.start();
    this.forgetting = this.forget();
  }

  /** What is under way is made to its end. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all([this.parts.following.stop(), this.parts.sender.stop(), this.forgetting]);
  }

  private describe(): void {
    const { metrics, queue, following } = this.parts;
    const counted = () => queue.counts().catch(() => NOTHING);
    const gauge = (name: string, help: string, read: () => Promise<number>) =>
      metrics.gaugeBy({ name, help }, async () => [[{}, await read()]]);
    gauge('webhook_lag_events', 'Messages of the bus that are not queued yet', () =>
      following.lag().catch(() => 0),
    );
    gauge(
      'webhook_pending_deliveries',
      'Deliveries that are still to come, of all processes',
      async () => (await counted()).pending,
    );
    gauge(
      'webhook_oldest_pending_seconds',
      'Age of the oldest event that is not delivered',
      async () => (await counted()).oldestSeconds,
    );
    gauge(
      'webhooks_failing',
      'Webhooks whose last answer was not good',
      async () => (await counted()).failingWebhooks,
    );
    gauge('webhooks', 'Webhooks that there are', async () => (await counted()).webhooks);
  }

  private async forget(): Promise<void> {
    const { queue, clock, logger } = this.parts;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await clock.idle(FORGET_MS, signal);
      if (signal.aborted) return;
      await queue
        .forgetOld()
        .catch((error: unknown) => logger.warn({ err: error }, 'old deliveries are still there'));
    }
  }
}
