import { errorKind, RepeatedLines } from '@uplift/runtime';
import type { Clock, Logger, Randomness } from '@uplift/runtime';
import type {
  Attempt,
  ClaimedWebhook,
  DeliveryQueue,
  Lease,
  QueuedDelivery,
} from '../store/webhook-store.port';
import type { RetryTimes } from './retry-policy';
import { askedPause, pauseAfter } from './retry-policy';
import type { CallResult, SignedCalls } from './signed-calls';

export interface SenderParts {
  readonly queue: DeliveryQueue;
  readonly calls: SignedCalls;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly times: RetryTimes;
  readonly onAttempt: (outcome: CallResult['outcome']) => void;
  readonly onBeat: () => void;
}

/** Between two looks for webhooks that have something to send. */
const LOOK_MS = 500;
/** Calls to one receiver at once; each is about another instance. */
const MOST_CALLS = 8;
const WINDOW = 100;

/**
 * Sends what is queued. Every webhook is worked on for itself, so that one whose receiver is slow or away holds up
 * nobody else; and of an instance nothing is sent before what came earlier has arrived or was given up.
 */
export class Sender {
  private readonly owner: string;
  private readonly lines: RepeatedLines;
  private readonly running = new Map<string, Promise<void>>();
  private readonly stopping = new AbortController();
  private rest = new AbortController();
  private looking: Promise<void> = Promise.resolve();
  /** Why nothing is sent, in words. */
  trouble: string | undefined;

  constructor(private readonly parts: SenderParts) {
    this.owner = parts.randomness.uuid();
    this.lines = new RepeatedLines(parts.clock);
  }

  start(): void {
    this.looking = this.look();
  }

  /** There is something new to send. */
  wake(): void {
    this.rest.abort();
  }

  /** Calls that are under way are made to their end. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.looking;
    await Promise.all(this.running.values());
  }

  private async look(): Promise<void> {
    const { clock, onBeat } = this.parts;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      onBeat();
      this.rest = new AbortController();
      await this.claim();
      if (!signal.aborted) await clock.idle(LOOK_MS, this.rest.signal);
    }
  }

  private async claim(): Promise<void> {
    const { queue, logger } = this.parts;
    try {
      const claimed = await queue.claim(this.owner);
      this.trouble = undefined;
      for (const webhook of claimed) this.begin(webhook);
    } catch (error) {
      this.trouble = 'the database does not say what is to be sent';
      if (this.lines.isDue(errorKind(error))) logger.warn({ err: error }, 'nothing is sent');
    }
  }

  private begin(webhook: ClaimedWebhook): void {
    const { webhookId } = webhook;
    if (this.running.has(webhookId)) return;
    const { logger, queue } = this.parts;
    const work = this.sendAll(webhook)
      .catch((error: unknown) => {
        if (this.lines.isDue(errorKind(error))) logger.warn({ err: error }, 'deliveries broke off');
      })
      .then(() => queue.release({ webhookId, owner: this.owner }).catch(() => undefined))
      .finally(() => this.running.delete(webhookId));
    this.running.set(webhookId, work);
  }

  private async sendAll(webhook: ClaimedWebhook): Promise<void> {
    const { queue } = this.parts;
    const lease = { webhookId: webhook.webhookId, owner: this.owner };
    let { failures } = webhook;
    while (!this.stopping.signal.aborted) {
      const due = await queue.due(lease, WINDOW);
      if (due === null || due.length === 0) return;
      const round = new Round(this.parts, { ...webhook, failures }, lease);
      await round.send(due, this.stopping.signal);
      if (round.isOver) return;
      failures = 0;
    }
  }
}

/** One window of deliveries to one receiver. */
class Round {
  /** The receiver is away, or somebody else sends to it. */
  isOver = false;
  private failure: Error | undefined;

  constructor(
    private readonly parts: SenderParts,
    private readonly webhook: ClaimedWebhook,
    private readonly lease: Lease,
  ) {}

  /** Ends after every call has: until then nobody else may send for this webhook. Rejects if an outcome is not kept. */
  async send(due: readonly QueuedDelivery[], stopping: AbortSignal): Promise<void> {
    const instances = [...byInstance(due).values()];
    // Of a receiver that was away one delivery finds out whether it is back.
    const width = this.webhook.failures > 0 ? 1 : MOST_CALLS;
    const lane = async () => {
      for (let next = instances.shift(); next; next = instances.shift()) {
        await this.sendInOrder(next, stopping);
        if (this.isOver || stopping.aborted) return;
      }
    };
    const lanes = Array.from({ length: width }, () =>
      lane().catch((error: unknown) => this.fail(error)),
    );
    await Promise.all(lanes);
    if (this.failure !== undefined) throw this.failure;
  }

  private fail(error: unknown): void {
    this.isOver = true;
    this.failure ??= new Error('an outcome was not kept', { cause: error });
  }

  private async sendInOrder(deliveries: readonly QueuedDelivery[], stopping: AbortSignal) {
    for (const delivery of deliveries) {
      if (this.isOver || stopping.aborted) return;
      const outcome = await this.attempt(delivery);
      if (outcome !== 'delivered') return;
    }
  }

  private async attempt(delivery: QueuedDelivery): Promise<Attempt['outcome']> {
    const { queue, calls, onAttempt } = this.parts;
    const { eventId: id, event, body, attempts } = delivery;
    const result = await calls.make(this.webhook, { id, event, body, attempt: attempts + 1 });
    onAttempt(result.outcome);
    const attempt = this.attemptOf(result, delivery);
    const isOurs = await queue.settle(this.lease, delivery, attempt);
    if (!isOurs || result.outcome === 'away') this.isOver = true;
    return result.outcome;
  }

  private attemptOf(result: CallResult, { attempts }: QueuedDelivery): Attempt {
    const { times, randomness, clock } = this.parts;
    const { retryAfter, ...attempt } = result;
    const asked = askedPause(retryAfter, clock.wall(), times.longestMs);
    const failures = this.webhook.failures + 1;
    return {
      ...attempt,
      againInMs: Math.max(asked, pauseAfter(attempts + 1, times, randomness)),
      failures,
      restMs: Math.max(asked, pauseAfter(failures, times, randomness)),
    };
  }
}

function byInstance(due: readonly QueuedDelivery[]): Map<string, QueuedDelivery[]> {
  const all = new Map<string, QueuedDelivery[]>();
  for (const delivery of due) {
    const known = all.get(delivery.instanceId);
    if (known) known.push(delivery);
    else all.set(delivery.instanceId, [delivery]);
  }
  return all;
}
