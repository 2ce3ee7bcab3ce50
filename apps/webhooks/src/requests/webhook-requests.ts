import type { BusConnection } from '@uplift/bus';
import type {
  WebhookCreatedAnswer,
  WebhookDeletedAnswer,
  WebhookDeliveryPage,
  WebhookList,
  WebhookReplayAnswer,
  WebhookRequest,
  WebhookSecretAnswer,
  WebhookTestAnswer,
} from '@uplift/contracts';
import { decodeEvent, refusal, UndecodableMessageError } from '@uplift/contracts';
import type { Clock, Randomness } from '@uplift/runtime';
import type { Receiver } from '../deliver/receiver.port';
import type { Secrets } from '../deliver/secrets';
import type { SignedCalls } from '../deliver/signed-calls';
import type { ClaimedWebhook, WebhookRegistry } from '../store/webhook-store.port';
import { WebhookDatabaseError } from '../store/postgres.database';

export interface RequestParts {
  readonly registry: WebhookRegistry;
  readonly calls: SignedCalls;
  readonly receiver: Receiver;
  readonly secrets: Secrets;
  readonly bus: BusConnection;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** Webhooks that there may be. */
  readonly most: number;
  /** There is something to send. */
  readonly onQueued: () => void;
}

const TEST_EVENT = 'uplift.webhook.test';
/** Messages at the end of the bus that are looked at for one of the relay. */
const MOST_LOOKS = 100;
const BEGINNING = new Date(0).toISOString();

const linksOf = (webhookId: string) => ({
  webhooks: '/v1/webhooks',
  deliveries: `/v1/webhooks/${webhookId}/deliveries`,
});

/** What those ask who manage webhooks. */
export class WebhookRequests {
  constructor(private readonly parts: RequestParts) {}

  create(request: WebhookRequest<'create'>): Promise<WebhookCreatedAnswer> {
    return inWords(async () => {
      const { registry, secrets, receiver, most } = this.parts;
      const { webhookId, url } = request;
      const why = receiver.whyNot(url);
      if (why !== null) throw refusal('webhook-url-refused', `The address is refused: ${why}`);
      const secret = secrets.make();
      const sealedSecret = secrets.seal(secret, webhookId);
      const since = await this.newestTime();
      const outcome = await registry.create({ ...request, since, sealedSecret }, most);
      if (outcome.kind === 'too-many') {
        const detail = `There are ${most} webhooks, and there may be no more: delete one, or raise UPLIFT_WEBHOOKS`;
        throw refusal('too-many-webhooks', detail);
      }
      if (outcome.kind === 'other-content') {
        const detail = 'The key was used before, for a webhook with other content: use another key';
        throw refusal('idempotency-key-reused', detail);
      }
      const shown = outcome.kind === 'created' ? secret : null;
      return { webhook: outcome.webhook, secret: shown, links: linksOf(webhookId) };
    });
  }

  list(): Promise<WebhookList> {
    return inWords(async () => ({ items: await this.parts.registry.list() }));
  }

  delete({ webhookId }: WebhookRequest<'delete'>): Promise<WebhookDeletedAnswer> {
    return inWords(async () => {
      const { registry } = this.parts;
      const isThere = (await registry.find(webhookId)) !== null;
      if (isThere) await registry.delete(webhookId);
      return { webhookId, deleted: isThere };
    });
  }

  rotateSecret(request: WebhookRequest<'rotateSecret'>): Promise<WebhookSecretAnswer> {
    return this.about(request, async ({ webhookId }) => {
      const { registry, secrets } = this.parts;
      const secret = secrets.make();
      const sealed = secrets.seal(secret, webhookId);
      const previousSecretUntil = await registry.rotate(webhookId, sealed, request.overlapHours);
      return { webhookId, secret, previousSecretUntil };
    });
  }

  deliveries(request: WebhookRequest<'deliveries'>): Promise<WebhookDeliveryPage> {
    return this.about(request, async ({ webhookId }) => ({
      webhookId,
      ...(await this.parts.registry.deliveries(webhookId, request)),
    }));
  }

  replay(request: WebhookRequest<'replay'>): Promise<WebhookReplayAnswer> {
    return this.about(request, async ({ webhookId }) => {
      const replayed = await this.parts.registry.replay(webhookId, request);
      const { eventId } = request;
      if (eventId !== undefined && replayed === 0) {
        throw refusal('delivery-unknown', `The webhook has no delivery of the event ${eventId}`);
      }
      this.parts.onQueued();
      return { webhookId, replayed };
    });
  }

  /** One call at once, which is no delivery. */
  test(request: WebhookRequest<'test'>): Promise<WebhookTestAnswer> {
    return this.about(request, async (webhook) => {
      const { calls, randomness, clock } = this.parts;
      const { webhookId } = webhook;
      const deliveryId = randomness.uuid();
      const told = { webhook_id: webhookId, timestamp: new Date(clock.wall()).toISOString() };
      const body = JSON.stringify({ event: TEST_EVENT, ...told });
      const content = { id: deliveryId, event: TEST_EVENT, body, attempt: 1 };
      const { outcome, status, detail, durationMs } = await calls.make(webhook, content);
      const delivered = outcome === 'delivered';
      return { webhookId, deliveryId, delivered, status, detail, durationMs };
    });
  }

  private about<T>(
    { webhookId }: { readonly webhookId: string },
    work: (webhook: ClaimedWebhook) => Promise<T>,
  ): Promise<T> {
    return inWords(async () => {
      const webhook = await this.parts.registry.find(webhookId);
      if (webhook === null) throw refusal('webhook-unknown', `There is no webhook ${webhookId}`);
      return work(webhook);
    });
  }

  /** Of the newest event on the bus, by the clock of the store. */
  private async newestTime(): Promise<string> {
    const { bus } = this.parts;
    const last = await bus.lastSequence();
    for (let sequence = last; sequence > Math.max(0, last - MOST_LOOKS); sequence -= 1) {
      const message = await bus.messageAt(sequence);
      const time = message === null ? undefined : timeOf(message);
      if (time !== undefined) return time;
    }
    return BEGINNING;
  }
}

function timeOf(message: Parameters<typeof decodeEvent>[0]): string | undefined {
  try {
    const { recordedAt } = decodeEvent(message);
    return Number.isNaN(Date.parse(recordedAt)) ? undefined : recordedAt;
  } catch (error) {
    if (error instanceof UndecodableMessageError) return undefined;
    throw error;
  }
}

async function inWords<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof WebhookDatabaseError)) throw error;
    throw refusal('webhooks-unavailable', `${error.message}: ask again later`, { cause: error });
  }
}
