import { createHmac } from 'node:crypto';
import type { WebhookFormat } from '@uplift/contracts';
import { contentTypeOf } from '../follow/delivery-body';

export interface SignedCall {
  readonly id: string;
  readonly event: string;
  readonly body: string;
  readonly format: WebhookFormat;
  /** From 1. */
  readonly attempt: number;
  /** Seconds since 1970. */
  readonly at: number;
}

/**
 * The headers of one call: those of Standard Webhooks, and Polydock's.
 *
 * @param secrets the newest first; while there are two, a receiver may know either
 */
export function headersOf(call: SignedCall, secrets: readonly string[]): Record<string, string> {
  const { id, event, format, attempt, at, body } = call;
  // A receiver that compares this one header alone learns of a new secret last.
  const oldest = secrets.at(-1) ?? '';
  if (oldest === '') throw new Error('Nothing is sent without a signature');
  return {
    'content-type': contentTypeOf(format),
    'user-agent': 'Uplift-Webhook/1.0',
    'webhook-id': id,
    'webhook-timestamp': String(at),
    'webhook-signature': secrets.map((secret) => standardSignature(secret, call)).join(' '),
    'x-polydock-event': event,
    'x-polydock-delivery': id,
    'x-polydock-attempt': String(attempt),
    'x-polydock-signature': `sha256=${createHmac('sha256', oldest).update(body).digest('hex')}`,
  };
}

/** Its key is what stands in base64 behind the first `_`. */
function standardSignature(secret: string, { id, at, body }: SignedCall): string {
  const key = Buffer.from(secret.slice(secret.indexOf('_') + 1), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64')}`;
}
