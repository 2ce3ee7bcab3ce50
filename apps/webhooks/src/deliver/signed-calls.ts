import type { Clock } from '@uplift/runtime';
import type { ClaimedWebhook } from '../store/webhook-store.port';
import type { Receiver } from './receiver.port';
import { NoReceiverError } from './receiver.port';
import { detailOf, outcomeOf } from './retry-policy';
import type { Secrets } from './secrets';
import { SecretKeyError } from './secrets';
import { headersOf } from './signature';

export interface CallResult {
  readonly outcome: 'delivered' | 'refused' | 'away';
  readonly status: number | null;
  readonly detail: string;
  readonly durationMs: number;
  readonly retryAfter?: string;
}

export interface CallContent {
  readonly id: string;
  readonly event: string;
  readonly body: string;
  readonly attempt: number;
}

/** Calls the receiver of a webhook once, signed with every secret that is good. */
export class SignedCalls {
  constructor(
    private readonly receiver: Receiver,
    private readonly secrets: Secrets,
    private readonly clock: Clock,
  ) {}

  /** Total: what went wrong is an outcome too. */
  async make(
    webhook: ClaimedWebhook,
    content: CallContent,
    signal?: AbortSignal,
  ): Promise<CallResult> {
    const startedAt = this.clock.monotonic();
    const elapsed = () => Math.round(this.clock.monotonic() - startedAt);
    try {
      const headers = this.headersFor(webhook, content);
      const { body } = content;
      const answer = await this.receiver.call({ url: webhook.url, headers, body }, signal);
      const { status } = answer;
      const told = { outcome: outcomeOf(status), detail: detailOf(status), ...answer };
      return { ...told, durationMs: elapsed() };
    } catch (error) {
      if (!(error instanceof NoReceiverError || error instanceof SecretKeyError)) throw error;
      const { message: detail } = error;
      return { outcome: 'away', status: null, detail, durationMs: elapsed() };
    }
  }

  private headersFor({ webhookId, secrets, format }: ClaimedWebhook, content: CallContent) {
    const now = this.clock.wall();
    const good = secrets.filter(({ until }) => until === null || Date.parse(until) > now);
    const opened = good.map(({ sealed }) => this.secrets.open(sealed, webhookId));
    return headersOf({ ...content, format, at: Math.floor(now / 1_000) }, opened);
  }
}
