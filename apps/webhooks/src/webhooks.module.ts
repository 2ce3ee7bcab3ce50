import type { DynamicModule, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Injectable, Module } from '@nestjs/common';
import { BUS_ACCESS_SETTINGS, busAccess, BusConnection, connectServiceBus } from '@uplift/bus';
import type { ServiceOptions, ServiceRuntime, SettingName } from '@uplift/runtime';
import { ConfigurationError } from '@uplift/runtime';
import { Secrets } from './deliver/secrets';
import { Sender } from './deliver/sender';
import { SignedCalls } from './deliver/signed-calls';
import { UndiciReceiver } from './deliver/undici.receiver';
import { BusFollowing } from './follow/bus-following';
import { WebhookRequests } from './requests/webhook-requests';
import {
  webhookRequestService,
  WebhookRequestsController,
} from './requests/webhook-requests.controller';
import { WebhookDatabase } from './store/postgres.database';
import { PostgresDeliveryQueue } from './store/postgres.delivery-queue';
import { PostgresFollowStore } from './store/postgres.follow-store';
import { PostgresWebhookRegistry } from './store/postgres.webhook-registry';
import { WebhooksService } from './webhooks.service';

export const WEBHOOKS_NAME = 'uplift-webhooks';
export const WEBHOOKS_SETTINGS = [
  ...BUS_ACCESS_SETTINGS,
  'webhooksPostgresUrl',
  'webhooksKey',
  'webhooksMost',
  'webhookTimeoutMs',
  'webhookRetryFirstMs',
  'webhookRetryLongestMs',
  'webhookGiveUpMs',
  'webhookKeepDays',
  'webhookHostSuffixes',
  'webhookAllowLoopback',
] as const satisfies readonly SettingName[];

export type WebhooksRuntime = ServiceRuntime<(typeof WEBHOOKS_SETTINGS)[number]>;

/** The service as a whole: what `main` runs and what a test starts. */
export function webhooks(): ServiceOptions<(typeof WEBHOOKS_SETTINGS)[number]> {
  return {
    name: WEBHOOKS_NAME,
    settings: WEBHOOKS_SETTINGS,
    module: (runtime) => WebhooksModule.for(runtime),
    strategies: (app, { tracing }) => [
      webhookRequestService(app.get(BusConnection), WEBHOOKS_NAME, tracing),
    ],
  };
}

/** Starts the work with the application, and lets it end before closing what it works on. */
@Injectable()
class WebhooksLife implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly service: WebhooksService,
    private readonly bus: BusConnection,
    private readonly database: WebhookDatabase,
  ) {}

  onApplicationBootstrap(): void {
    this.service.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.service.stop();
    await Promise.all([this.bus.close(), this.database.close()]);
  }
}

/** Composition root: the one place where the adapters are chosen. */
@Module({})
export class WebhooksModule {
  static for(runtime: WebhooksRuntime): DynamicModule {
    const { configuration } = runtime;
    const database = new WebhookDatabase(databaseUrl(runtime));
    const work = workOn(runtime, database);
    return {
      module: WebhooksModule,
      controllers: [WebhookRequestsController],
      providers: [
        { provide: WebhookDatabase, useValue: database },
        {
          provide: BusConnection,
          useFactory: () =>
            connectServiceBus({ ...runtime, user: 'webhooks', ...busAccess(configuration) }),
        },
        { provide: Sender, useValue: work.sender },
        {
          provide: WebhookRequests,
          inject: [BusConnection],
          useFactory: (bus: BusConnection) => work.requestsOver(bus),
        },
        {
          provide: WebhooksService,
          inject: [BusConnection],
          useFactory: (bus: BusConnection) => work.serviceOver(bus),
        },
        WebhooksLife,
      ],
    };
  }
}

function databaseUrl({ configuration }: WebhooksRuntime): string {
  const { webhooksPostgresUrl: url } = configuration;
  if (url !== undefined) return url;
  throw new ConfigurationError([
    'UPLIFT_WEBHOOKS_POSTGRES_URL is missing: the service of webhooks does not start without it',
  ]);
}

/** Longer than one call takes, so that it is not lost under way. */
function leaseMs({ webhookTimeoutMs }: WebhooksRuntime['configuration']): number {
  return 2 * webhookTimeoutMs + 10_000;
}

function workOn(runtime: WebhooksRuntime, database: WebhookDatabase) {
  const { configuration, clock, randomness, logger, health, metrics } = runtime;
  const { webhookKeepDays: keepDays, webhookGiveUpMs: giveUpMs } = configuration;
  const queue = new PostgresDeliveryQueue(database, {
    ...{ leaseMs: leaseMs(configuration), giveUpMs, keepDays },
  });
  const receiver = receiverOf(runtime);
  const secrets = new Secrets(configuration.webhooksKey, randomness);
  const calls = new SignedCalls(receiver, secrets, clock);
  const sender = senderOf(runtime, queue, calls);
  const passedOver = metrics.counter({
    name: 'webhook_passed_over_events_total',
    help: 'Messages of the bus that no webhook was told of, by why',
    labels: ['why'],
  });
  const onQueued = () => sender.wake();
  return {
    sender,
    requestsOver: (bus: BusConnection) =>
      new WebhookRequests({
        ...{ registry: new PostgresWebhookRegistry(database), calls, receiver, secrets },
        ...{ bus, clock, randomness, most: configuration.webhooksMost, onQueued },
      }),
    serviceOver: (bus: BusConnection) => {
      const following = new BusFollowing({
        ...{ bus, store: new PostgresFollowStore(database), clock, logger, keepDays },
        onPassedOver: (why) => passedOver.inc({ why }),
        onKept: onQueued,
        onBeat: health.loop('following'),
      });
      return new WebhooksService({ following, sender, queue, health, metrics, clock, logger });
    },
  };
}

function receiverOf({ configuration, clock }: WebhooksRuntime): UndiciReceiver {
  const { webhookAllowLoopback, webhookHostSuffixes, webhookTimeoutMs } = configuration;
  const suffixes = webhookHostSuffixes.length > 0 ? { allowedSuffixes: webhookHostSuffixes } : {};
  const rules = { allowLoopback: webhookAllowLoopback, ...suffixes };
  return new UndiciReceiver({ rules, clock, timeoutMs: webhookTimeoutMs });
}

function senderOf(
  { configuration, clock, randomness, logger, health, metrics }: WebhooksRuntime,
  queue: PostgresDeliveryQueue,
  calls: SignedCalls,
): Sender {
  const attempts = metrics.counter({
    name: 'webhook_attempts_total',
    help: 'Calls of webhooks, by outcome',
    labels: ['outcome'],
  });
  const { webhookRetryFirstMs: firstMs, webhookRetryLongestMs: longestMs } = configuration;
  return new Sender({
    ...{ queue, calls, clock, randomness, logger, times: { firstMs, longestMs } },
    onAttempt: (outcome) => attempts.inc({ outcome }),
    onBeat: health.loop('sending'),
  });
}
