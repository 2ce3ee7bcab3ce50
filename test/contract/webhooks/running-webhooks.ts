import { randomUUID } from 'node:crypto';
import type { INestMicroservice } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { BusClient, BusConnection, connectBus, inboxPrefixOf } from '@uplift/bus';
import type { BusAccess } from '@uplift/bus';
import type {
  ValueOf,
  WEBHOOK_ANSWERS,
  WebhookRequest,
  WebhookRequestName,
} from '@uplift/contracts';
import { WEBHOOK_SUBJECTS } from '@uplift/contracts';
import {
  createLogger,
  Health,
  Metrics,
  NestLogger,
  NO_TRACING,
  systemClock,
  systemRandomness,
} from '@uplift/runtime';
import { webhookRequestService } from '../../../apps/webhooks/src/requests/webhook-requests.controller';
import type { WebhooksRuntime } from '../../../apps/webhooks/src/webhooks.module';
import { WEBHOOKS_NAME, WebhooksModule } from '../../../apps/webhooks/src/webhooks.module';

type Configuration = WebhooksRuntime['configuration'];

/** The whole service inside the test's process, on a real bus and a real database, as its own users. */
export class RunningWebhooks {
  private constructor(
    private readonly app: INestMicroservice,
    readonly health: Health,
    readonly metrics: Metrics,
  ) {}

  static async start(
    access: BusAccess,
    webhooksPostgresUrl: string,
    changes: Partial<Configuration> = {},
  ): Promise<RunningWebhooks> {
    const runtime = runtimeFor({ webhooksPostgresUrl, ...changes });
    const bus = await connectBus({
      ...access,
      name: WEBHOOKS_NAME,
      inboxPrefix: inboxPrefixOf('webhooks'),
    });
    const module = await Test.createTestingModule({ imports: [WebhooksModule.for(runtime)] })
      .overrideProvider(BusConnection)
      .useValue(bus)
      .compile();
    const app = module.createNestMicroservice({
      strategy: webhookRequestService(bus, WEBHOOKS_NAME, NO_TRACING),
      logger: new NestLogger(runtime.logger),
    });
    await app.listen();
    runtime.health.markStarted();
    return new RunningWebhooks(app, runtime.health, runtime.metrics);
  }

  stop(): Promise<void> {
    return this.app.close();
  }
}

/** The name of each request's answer. */
export const ANSWER_NAMES = {
  create: 'webhookCreated',
  list: 'webhookList',
  delete: 'webhookDeleted',
  rotateSecret: 'webhookSecret',
  deliveries: 'webhookDeliveries',
  replay: 'webhookReplay',
  test: 'webhookTest',
} as const satisfies Record<WebhookRequestName, keyof typeof WEBHOOK_ANSWERS>;

type AnswerTo<Name extends WebhookRequestName> = ValueOf<
  (typeof WEBHOOK_ANSWERS)[(typeof ANSWER_NAMES)[Name]]
>;

/** Whoever asks as the command API does. */
export class WebhookClient {
  private readonly client: BusClient;

  constructor(connection: BusConnection) {
    this.client = new BusClient(connection);
  }

  async ask<Name extends WebhookRequestName>(
    name: Name,
    request: WebhookRequest<Name>,
  ): Promise<AnswerTo<Name>> {
    return (await this.client.request(WEBHOOK_SUBJECTS[name], request)) as AnswerTo<Name>;
  }

  create(url: string, changes: Partial<WebhookRequest<'create'>> = {}) {
    return this.ask('create', {
      webhookId: randomUUID(),
      ...{ url, format: 'cloudevents', events: null, labels: {}, description: 'a test' },
      createdBy: 'operator-7',
      ...changes,
    });
  }
}

function runtimeFor(changes: Partial<Configuration>): WebhooksRuntime {
  return {
    name: WEBHOOKS_NAME,
    configuration: {
      natsUrl: 'nats://127.0.0.1:1',
      ...{ natsToken: undefined, natsCreds: undefined, natsNkeySeed: undefined },
      ...{ natsTlsCa: undefined, natsTlsCert: undefined, natsTlsKey: undefined },
      webhooksPostgresUrl: undefined,
      webhooksKey: ['a key that nobody has to know in a test'],
      webhooksMost: 50,
      webhookTimeoutMs: 60_000,
      webhookRetryFirstMs: 20,
      webhookRetryLongestMs: 200,
      webhookGiveUpMs: 3_600_000,
      webhookKeepDays: 30,
      webhookHostSuffixes: [],
      webhookAllowLoopback: true,
      logLevel: 'silent',
      healthHost: '127.0.0.1',
      healthPort: 0,
      httpHost: '127.0.0.1',
      httpPort: 0,
      beatLimitMs: 0,
      drainMs: 0,
      buildCommit: 'spec',
      failpoints: undefined,
      ...changes,
    },
    logger: createLogger(WEBHOOKS_NAME, { level: 'silent' }),
    health: new Health(systemClock),
    clock: systemClock,
    randomness: systemRandomness,
    metrics: new Metrics(WEBHOOKS_NAME),
    tracing: NO_TRACING,
    exit: (code) => expect(code).toBeUndefined(),
  };
}
