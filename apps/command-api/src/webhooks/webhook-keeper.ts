import { Injectable } from '@nestjs/common';
import { BusClient } from '@uplift/bus';
import type {
  ValueOf,
  WEBHOOK_ANSWERS,
  WebhookRequest,
  WebhookRequestName,
} from '@uplift/contracts';
import {
  DEFAULT_OVERLAP_HOURS,
  DEFAULT_PAGE_LENGTH,
  isProblemCode,
  problem,
  ProblemError,
  refusal,
  WEBHOOK_SUBJECTS,
} from '@uplift/contracts';
import { deterministicEventId } from '@uplift/event-store';
import type { Caller } from '../commands/command-request';
import { systemCommandIdOf } from '../commands/command-request';
import type {
  CreateWebhookDto,
  ListDeliveriesDto,
  ReplayWebhookDto,
  RotateWebhookSecretDto,
} from './webhooks.dto';

/** Longer than one call of a webhook takes, for a test of it. */
const TIMEOUT_MS = 15_000;
/** What the bus says when the service as a whole is away. */
const AWAY = ['no-responder', 'request-timeout', 'unreadable-reply'];

type Answers = typeof WEBHOOK_ANSWERS;
interface AnswerOf {
  readonly create: ValueOf<Answers['webhookCreated']>;
  readonly list: ValueOf<Answers['webhookList']>;
  readonly delete: ValueOf<Answers['webhookDeleted']>;
  readonly rotateSecret: ValueOf<Answers['webhookSecret']>;
  readonly deliveries: ValueOf<Answers['webhookDeliveries']>;
  readonly replay: ValueOf<Answers['webhookReplay']>;
  readonly test: ValueOf<Answers['webhookTest']>;
}

/** Webhooks, which a service of their own keeps. */
@Injectable()
export class WebhookKeeper {
  constructor(private readonly bus: BusClient) {}

  create(dto: CreateWebhookDto, caller: Caller) {
    const { url, format, events = null, labels = {}, description } = dto;
    const webhookId = deterministicEventId(systemCommandIdOf(caller), 'webhook', 0);
    const content = { url, format, events, labels, description };
    return this.ask('create', { ...content, webhookId, createdBy: caller.actor.id });
  }

  async list(webhookId?: string): Promise<AnswerOf['list']> {
    const { items } = await this.ask('list', {});
    const isAsked = (one: string) => webhookId === undefined || webhookId === one;
    return { items: items.filter((each) => isAsked(each.webhookId)) };
  }

  delete(webhookId: string) {
    return this.ask('delete', { webhookId });
  }

  rotateSecret(webhookId: string, dto: RotateWebhookSecretDto) {
    const { overlapHours = DEFAULT_OVERLAP_HOURS } = dto;
    return this.ask('rotateSecret', { webhookId, overlapHours });
  }

  deliveries(asked: ListDeliveriesDto) {
    const { webhookId, state, cursor, limit = DEFAULT_PAGE_LENGTH } = asked;
    const page = { webhookId, limit, ...(state && { state }), ...(cursor && { cursor }) };
    return this.ask('deliveries', page);
  }

  replay(webhookId: string, { eventId, since, until }: ReplayWebhookDto) {
    const which = { ...(eventId && { eventId }), ...(since && { since }), ...(until && { until }) };
    return this.ask('replay', { webhookId, ...which });
  }

  test(webhookId: string) {
    return this.ask('test', { webhookId });
  }

  private async ask<Name extends WebhookRequestName>(
    name: Name,
    request: WebhookRequest<Name>,
  ): Promise<AnswerOf[Name]> {
    try {
      const options = { timeoutMs: TIMEOUT_MS };
      return (await this.bus.request(WEBHOOK_SUBJECTS[name], request, options)) as AnswerOf[Name];
    } catch (error) {
      throw error instanceof ProblemError ? inOwnWords(error) : error;
    }
  }
}

/** The same document that this service would write: references that resolve here. */
function inOwnWords(error: ProblemError): ProblemError {
  const { type: _type, title: _title, status: _status, code, detail, ...fields } = error.problem;
  if (AWAY.includes(code)) {
    const why = 'The service of webhooks does not run, or does not answer: ask again later';
    return refusal('webhooks-unavailable', why);
  }
  return isProblemCode(code) ? new ProblemError(problem(code, detail, fields)) : error;
}
