import {
  applyDecorators,
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Post,
} from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { BusRequest } from '@uplift/bus';
import type {
  ANSWERS,
  Query,
  WebhookCreatedAnswer,
  WebhookDeletedAnswer,
  WebhookDeliveryPage,
  WebhookList,
  WebhookReplayAnswer,
  WebhookSecretAnswer,
  WebhookTestAnswer,
} from '@uplift/contracts';
import { WEBHOOK_COMMAND_SUBJECTS } from '@uplift/contracts';
import { Needs } from '../access/route-access';
import type { Caller } from '../commands/command-request';
import { DtoPipe, HttpCaller, HttpQuery, UuidPipe } from '../http/http-requests';
import {
  DescribedAnswer,
  DescribedIds,
  DescribedParameters,
  DescribedProblems,
  IDEMPOTENCY_KEY,
} from '../http/routes';
import { readDto } from '../input/read-dto';
import { BusCommand, busCaller } from '../nats/bus-command';
import { WebhookKeeper } from './webhook-keeper';
import {
  CreateWebhookDto,
  ListDeliveriesDto,
  ListWebhooksDto,
  ReplayOfWebhookDto,
  ReplayWebhookDto,
  RotateSecretOfWebhookDto,
  RotateWebhookSecretDto,
  WebhookDto,
} from './webhooks.dto';

type Described = readonly [path: string, answer: keyof typeof ANSWERS, summary: string];

const PROBLEMS = [400, 404, 409, 415, 422, 429, 500, 503];

function described(method: MethodDecorator, ...[path, answer, summary]: Described) {
  return applyDecorators(
    Needs('system:operate'),
    method,
    HttpCode(200),
    ApiOperation({ summary }),
    DescribedIds(path),
    DescribedAnswer(200, answer, 'As the service of webhooks has it'),
    DescribedProblems(...PROBLEMS),
  );
}

const GetWebhooks = (...about: Described) => described(Get(about[0]), ...about);
const PostWebhooks = (...about: Described) => described(Post(about[0]), ...about);
const DeleteWebhook = (...about: Described) => described(Delete(about[0]), ...about);

@ApiTags('webhooks')
@Controller('v1')
export class WebhooksController {
  constructor(private readonly webhooks: WebhookKeeper) {}

  @PostWebhooks('webhooks', 'webhookCreated', 'Create a webhook: its secret is shown this once')
  @ApiHeader({
    name: 'Idempotency-Key',
    required: true,
    description: 'The same key gives the same webhook for as long as there is that one',
    schema: IDEMPOTENCY_KEY,
  })
  createWebhook(
    @HttpCaller() caller: Caller,
    @Body(DtoPipe) body: CreateWebhookDto,
  ): Promise<WebhookCreatedAnswer> {
    return this.webhooks.create(body, caller);
  }

  @BusCommand(WEBHOOK_COMMAND_SUBJECTS.createWebhook)
  createWebhookOverBus(@Payload() request: BusRequest): Promise<WebhookCreatedAnswer> {
    return this.webhooks.create(readDto(CreateWebhookDto, request.body), busCaller(request));
  }

  @GetWebhooks('webhooks', 'webhookList', 'Webhooks, without their secrets')
  listWebhooks(): Promise<WebhookList> {
    return this.webhooks.list();
  }

  @BusCommand(WEBHOOK_COMMAND_SUBJECTS.listWebhooks)
  listWebhooksOverBus(@Payload() request: BusRequest): Promise<WebhookList> {
    const { webhookId } = readDto(ListWebhooksDto, request.body);
    return this.webhooks.list(webhookId);
  }

  @DeleteWebhook('webhooks/:id', 'webhookDeleted', 'Delete a webhook with all its deliveries')
  deleteWebhook(@Param('id', UuidPipe) webhookId: string): Promise<WebhookDeletedAnswer> {
    return this.webhooks.delete(webhookId);
  }

  @BusCommand(WEBHOOK_COMMAND_SUBJECTS.deleteWebhook)
  deleteWebhookOverBus(@Payload() request: BusRequest): Promise<WebhookDeletedAnswer> {
    const { webhookId } = readDto(WebhookDto, request.body);
    return this.webhooks.delete(webhookId);
  }

  @GetWebhooks('webhooks/:id/deliveries', 'webhookDeliveries', 'Deliveries, newest first')
  @DescribedParameters('webhookDeliveries')
  listWebhookDeliveries(
    @HttpQuery('webhookDeliveries') query: Query<'webhookDeliveries'>,
  ): Promise<WebhookDeliveryPage> {
    return this.webhooks.deliveries(query);
  }

  @BusCommand(WEBHOOK_COMMAND_SUBJECTS.listWebhookDeliveries)
  listWebhookDeliveriesOverBus(@Payload() request: BusRequest): Promise<WebhookDeliveryPage> {
    const asked = readDto(ListDeliveriesDto, request.body);
    return this.webhooks.deliveries(asked);
  }

  @PostWebhooks('webhooks/:id/replay', 'webhookReplay', 'Make deliveries again')
  replayWebhook(
    @Param('id', UuidPipe) webhookId: string,
    @Body(DtoPipe) body: ReplayWebhookDto,
  ): Promise<WebhookReplayAnswer> {
    return this.webhooks.replay(webhookId, body);
  }

  @BusCommand(WEBHOOK_COMMAND_SUBJECTS.replayWebhook)
  replayWebhookOverBus(@Payload() request: BusRequest): Promise<WebhookReplayAnswer> {
    const { webhookId, ...which } = readDto(ReplayOfWebhookDto, request.body);
    return this.webhooks.replay(webhookId, which);
  }

  @PostWebhooks('webhooks/:id/rotate-secret', 'webhookSecret', 'Give it another secret')
  rotateWebhookSecret(
    @Param('id', UuidPipe) webhookId: string,
    @Body(DtoPipe) body: RotateWebhookSecretDto,
  ): Promise<WebhookSecretAnswer> {
    return this.webhooks.rotateSecret(webhookId, body);
  }

  @BusCommand(WEBHOOK_COMMAND_SUBJECTS.rotateWebhookSecret)
  rotateWebhookSecretOverBus(@Payload() request: BusRequest): Promise<WebhookSecretAnswer> {
    const { webhookId, ...how } = readDto(RotateSecretOfWebhookDto, request.body);
    return this.webhooks.rotateSecret(webhookId, how);
  }

  @PostWebhooks('webhooks/:id/test', 'webhookTest', 'Call it once, now, with a test')
  testWebhook(@Param('id', UuidPipe) webhookId: string): Promise<WebhookTestAnswer> {
    return this.webhooks.test(webhookId);
  }

  @BusCommand(WEBHOOK_COMMAND_SUBJECTS.testWebhook)
  testWebhookOverBus(@Payload() request: BusRequest): Promise<WebhookTestAnswer> {
    const { webhookId } = readDto(WebhookDto, request.body);
    return this.webhooks.test(webhookId);
  }
}
