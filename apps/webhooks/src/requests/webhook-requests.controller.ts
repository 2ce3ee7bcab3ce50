import { Controller, UseFilters } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import type { BusConnection, BusRequest } from '@uplift/bus';
import { BusExceptionFilter, ServicesStrategy } from '@uplift/bus';
import { WEBHOOK_SUBJECTS } from '@uplift/contracts';
import type { Tracing } from '@uplift/runtime';
import { readWebhookRequest } from './read-request';
import { WebhookRequests } from './webhook-requests';

export function webhookRequestService(
  connection: BusConnection,
  name: string,
  tracing: Tracing,
): ServicesStrategy {
  const endpoints = Object.entries(WEBHOOK_SUBJECTS).map(([request, subject]) => {
    const schema = `urn:uplift:schema:webhook.${request}.v1`;
    return [subject, { schema, scope: 'system:operate', idempotent: true }] as const;
  });
  return new ServicesStrategy({
    connection,
    name,
    tracing,
    // Of the requests, not of the build.
    version: '1.0.0',
    description: 'Webhooks and their deliveries',
    endpoints: Object.fromEntries(endpoints),
  });
}

/** What the command API asks. It has found out who asks; the bus lets nobody else ask here. */
@Controller()
@UseFilters(BusExceptionFilter)
export class WebhookRequestsController {
  constructor(private readonly requests: WebhookRequests) {}

  @MessagePattern(WEBHOOK_SUBJECTS.create)
  create({ body }: BusRequest) {
    return this.requests.create(readWebhookRequest('create', body));
  }

  @MessagePattern(WEBHOOK_SUBJECTS.list)
  list({ body }: BusRequest) {
    readWebhookRequest('list', body);
    return this.requests.list();
  }

  @MessagePattern(WEBHOOK_SUBJECTS.delete)
  delete({ body }: BusRequest) {
    return this.requests.delete(readWebhookRequest('delete', body));
  }

  @MessagePattern(WEBHOOK_SUBJECTS.rotateSecret)
  rotateSecret({ body }: BusRequest) {
    return this.requests.rotateSecret(readWebhookRequest('rotateSecret', body));
  }

  @MessagePattern(WEBHOOK_SUBJECTS.deliveries)
  deliveries({ body }: BusRequest) {
    return this.requests.deliveries(readWebhookRequest('deliveries', body));
  }

  @MessagePattern(WEBHOOK_SUBJECTS.replay)
  replay({ body }: BusRequest) {
    return this.requests.replay(readWebhookRequest('replay', body));
  }

  @MessagePattern(WEBHOOK_SUBJECTS.test)
  test({ body }: BusRequest) {
    return this.requests.test(readWebhookRequest('test', body));
  }
}
