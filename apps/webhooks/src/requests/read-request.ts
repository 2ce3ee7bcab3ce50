import type { WebhookRequest, WebhookRequestName } from '@uplift/contracts';
import { faultsIn, refusal, WEBHOOK_REQUESTS } from '@uplift/contracts';

/** The body of a request. Throws the problem `invalid-input`, which points at every fault. */
export function readWebhookRequest<Name extends WebhookRequestName>(
  name: Name,
  body: unknown,
): WebhookRequest<Name> {
  const errors = faultsIn(WEBHOOK_REQUESTS[name], body);
  if (errors.length === 0) return body as WebhookRequest<Name>;
  const detail = errors.map((fault) => `${fault.pointer || '/'}: ${fault.detail}`).join('; ');
  throw refusal('invalid-input', detail, { errors });
}
