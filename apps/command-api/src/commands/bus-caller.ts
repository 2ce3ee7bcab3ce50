import type { BusRequest } from '@uplift/bus';
import { REQUEST_HEADERS } from '@uplift/contracts';
import { requireKey } from '../input/idempotency-key';
import { tracing } from '../input/traceparent';
import type { Caller } from './command-request';

const ANONYMOUS = { type: 'service_account', id: 'anonymous' } as const;

/** Who sends this command over the bus, under which key. The one place where a verified identity will come in. */
export function busCaller({ headers }: BusRequest): Caller {
  const key = headers[REQUEST_HEADERS.idempotencyKey] ?? headers[REQUEST_HEADERS.messageId];
  return {
    door: 'nats',
    actor: ANONYMOUS,
    idempotencyKey: requireKey(key),
    ...tracing(headers[REQUEST_HEADERS.traceparent]),
  };
}
