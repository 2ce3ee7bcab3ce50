import type { WebhookRequestName } from '@uplift/contracts';
import { ProblemError, toOpenApi, WEBHOOK_ANSWERS, WEBHOOK_REQUESTS } from '@uplift/contracts';
import fc from 'fast-check';
import type { Json } from '../../fuzz/hostile-values';
import { PublishedContract } from '../command-api/published-contract';
import type { JsonSchema } from '../operations/published-operations';
import { SchemaValues } from '../operations/schema-values';
import { ANSWER_NAMES } from './running-webhooks';

/** In place of those of the webhook that there is. */
const KNOWN = { webhookId: '33333333-0000-4000-8000-000000000003', url: 'https://known.example/' };
const mostly = (known: string, other: fc.Arbitrary<string>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(known) }, { weight: 1, arbitrary: other });
const values = new SchemaValues(
  {},
  { webhookId: mostly(KNOWN.webhookId, fc.uuid()), url: mostly(KNOWN.url, fc.webUrl()) },
);

/** Requests that fit their own schema, mostly about this webhook or its receiver. */
export function drawnRequests(name: WebhookRequestName, known: typeof KNOWN): fc.Arbitrary<Json> {
  const schema = toOpenApi(WEBHOOK_REQUESTS[name].json) as JsonSchema;
  return values.of(schema).map((request) => {
    const text = JSON.stringify(request).replaceAll(KNOWN.webhookId, known.webhookId);
    return JSON.parse(text.replaceAll(KNOWN.url, known.url)) as Json;
  });
}

/** What says something of the webhooks that there are, and not of the request. */
const REFUSALS: readonly string[] = [
  ...[
    'webhook-url-refused',
    'webhook-unknown',
    'delivery-unknown',
    'idempotency-key-reused',
    'too-many-webhooks',
  ],
];

/** The answer is what is published for this request, or one of its refusals. */
export async function expectAsPublished(name: WebhookRequestName, asked: Promise<object>) {
  try {
    const { json } = WEBHOOK_ANSWERS[ANSWER_NAMES[name]];
    PublishedContract.load().checkShape(toOpenApi(json) as JsonSchema, await asked);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    if (!REFUSALS.includes(error.problem.code)) throw error;
  }
}
