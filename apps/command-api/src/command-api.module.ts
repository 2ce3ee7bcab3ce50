import type { DynamicModule, Provider } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { EventStore } from '@uplift/event-store';
import { Health, Metrics } from '@uplift/runtime';
import { adapters } from './adapters';
import type { CommandApiRuntime } from './command-api.settings';
import { CommandDesk } from './commands/command-desk';
import { CommandMetrics } from './commands/command-metrics';
import { InstanceCommandHandler } from './commands/instance-command.handler';
import { Connections } from './connections';
import { CONTROLLERS } from './controllers';
import { EventReplay } from './events/event-replay';
import { EventTail } from './events/event-tail';
import { HealthCallback } from './instances/health-callback';
import { HealthCallbackToken } from './instances/health-callback-token';
import { ImportInstances } from './instances/import-instances';
import { RegisterInstance } from './instances/register-instance';
import { ReportHealth } from './instances/report-health';
import { PublishedApi } from './pages/published-api';
import { ReadModel } from './queries/read-model';
import { CancelUpgrade } from './upgrades/cancel-upgrade';
import { enabledStrategies } from './upgrades/enabled-strategies';
import { TriggerUpgrade } from './upgrades/trigger-upgrade';

/** Composition root: the one place where doors, handlers and adapters are chosen. */
@Module({ controllers: CONTROLLERS })
export class CommandApiModule {
  static for(runtime: CommandApiRuntime): DynamicModule {
    return {
      module: CommandApiModule,
      providers: [...adapters(runtime), ...commands(runtime), ...reading(runtime), Connections],
    };
  }
}

function commands({ metrics, configuration }: CommandApiRuntime): Provider[] {
  const { deadlineAttemptMs, healthCallbackToken } = configuration;
  return [
    { provide: CommandMetrics, useFactory: () => new CommandMetrics(metrics) },
    InstanceCommandHandler,
    CommandDesk,
    RegisterInstance,
    ImportInstances,
    ReportHealth,
    HealthCallback,
    CancelUpgrade,
    {
      provide: HealthCallbackToken,
      useFactory: () => new HealthCallbackToken(healthCallbackToken),
    },
    {
      provide: TriggerUpgrade,
      inject: [CommandDesk],
      useFactory: (desk: CommandDesk) =>
        new TriggerUpgrade(desk, {
          deadlineAttemptMs,
          enabledStrategies: enabledStrategies(configuration),
          now: () => Date.now(),
        }),
    },
  ];
}

function reading({ health, metrics }: CommandApiRuntime): Provider[] {
  return [
    { provide: Health, useValue: health },
    { provide: Metrics, useValue: metrics },
    ReadModel,
    EventTail,
    {
      provide: EventReplay,
      inject: [EventStore],
      useFactory: (store: EventStore) => new EventReplay(store),
    },
    PublishedApi,
  ];
}
