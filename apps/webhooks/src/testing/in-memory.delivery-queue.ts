import type { Clock } from '@uplift/runtime';
import type {
  Attempt,
  ClaimedWebhook,
  Lease,
  QueueCounts,
  QueuedDelivery,
} from '../store/webhook-store.port';
import { DeliveryQueue } from '../store/webhook-store.port';

interface Entry extends QueuedDelivery {
  attempts: number;
  state: 'pending' | 'delivered' | 'failed';
  readonly queuedAt: number;
  dueAt: number;
}

interface Known {
  readonly webhook: ClaimedWebhook;
  readonly entries: Entry[];
  failures: number;
  restingUntil: number;
  owner: string | null;
  leaseUntil: number;
}

/** The deliveries of a database that is always there. */
export class InMemoryDeliveryQueue extends DeliveryQueue {
  private readonly webhooks = new Map<string, Known>();
  private losesNext = false;

  constructor(
    private readonly clock: Clock,
    private readonly times: { readonly leaseMs: number; readonly giveUpMs: number },
  ) {
    super();
  }

  add(webhook: ClaimedWebhook): void {
    const free = { failures: 0, restingUntil: -Infinity, owner: null, leaseUntil: -Infinity };
    this.webhooks.set(webhook.webhookId, { webhook, entries: [], ...free });
  }

  queue(webhookId: string, ...deliveries: readonly Omit<QueuedDelivery, 'attempts'>[]): void {
    const now = this.clock.wall();
    const entries = this.webhooks.get(webhookId)?.entries ?? [];
    for (const delivery of deliveries) {
      entries.push({ ...delivery, attempts: 0, state: 'pending', queuedAt: now, dueAt: now });
    }
  }

  /** State and attempts of each delivery of a webhook, in the order of their events. */
  shown(webhookId: string): readonly string[] {
    const { entries = [] } = this.webhooks.get(webhookId) ?? {};
    return entries.map(({ eventId, state, attempts }) => `${eventId} ${state} ${attempts}`);
  }

  /** The next outcome is not kept: the database breaks off. */
  loseNextOutcome(): void {
    this.losesNext = true;
  }

  override claim(owner: string): Promise<readonly ClaimedWebhook[]> {
    const now = this.clock.wall();
    const free = [...this.webhooks.values()].filter(
      (each) =>
        each.restingUntil <= now &&
        (each.owner === owner || each.leaseUntil <= now) &&
        each.entries.some(({ state, dueAt }) => state === 'pending' && dueAt <= now),
    );
    for (const each of free) this.lease(each, owner);
    return Promise.resolve(free.map(({ webhook, failures }) => ({ ...webhook, failures })));
  }

  override due(lease: Lease, most: number): Promise<readonly QueuedDelivery[] | null> {
    const known = this.held(lease);
    if (known === undefined) return Promise.resolve(null);
    const pending = known.entries.filter(({ state }) => state === 'pending');
    const waiting = pending.filter(({ dueAt }) => dueAt > this.clock.wall());
    const heldUp = new Set(waiting.map(({ instanceId }) => instanceId));
    const due = pending.filter(({ instanceId }) => !heldUp.has(instanceId));
    return Promise.resolve(due.slice(0, most).map((entry) => ({ ...entry })));
  }

  override settle(lease: Lease, { eventId }: QueuedDelivery, attempt: Attempt): Promise<boolean> {
    if (this.losesNext) {
      this.losesNext = false;
      return Promise.reject(new Error('the database does not do it'));
    }
    const known = this.held(lease);
    const entry = known?.entries.find((each) => each.eventId === eventId);
    if (known === undefined || entry === undefined) return Promise.resolve(false);
    this.apply(known, entry, attempt);
    return Promise.resolve(true);
  }

  override release({ webhookId, owner }: Lease): Promise<void> {
    const known = this.webhooks.get(webhookId);
    if (known?.owner === owner) Object.assign(known, { owner: null, leaseUntil: -Infinity });
    return Promise.resolve();
  }

  override counts(): Promise<QueueCounts> {
    return Promise.resolve({ pending: 0, oldestSeconds: 0, failingWebhooks: 0, webhooks: 0 });
  }

  override forgetOld(): Promise<number> {
    return Promise.resolve(0);
  }

  private apply(known: Known, entry: Entry, attempt: Attempt): void {
    const now = this.clock.wall();
    entry.attempts += 1;
    entry.dueAt = now + attempt.againInMs;
    if (attempt.outcome === 'delivered') entry.state = 'delivered';
    else if (entry.queuedAt + this.times.giveUpMs <= now) entry.state = 'failed';
    if (attempt.outcome === 'delivered') Object.assign(known, { failures: 0, restingUntil: 0 });
    if (attempt.outcome === 'away') {
      Object.assign(known, { failures: attempt.failures, restingUntil: now + attempt.restMs });
    }
  }

  private held({ webhookId, owner }: Lease): Known | undefined {
    const known = this.webhooks.get(webhookId);
    if (known?.owner !== owner || known.leaseUntil <= this.clock.wall()) return undefined;
    this.lease(known, owner);
    return known;
  }

  private lease(known: Known, owner: string): void {
    Object.assign(known, { owner, leaseUntil: this.clock.wall() + this.times.leaseMs });
  }
}
