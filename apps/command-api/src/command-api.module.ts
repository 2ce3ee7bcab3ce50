import type { DynamicModule, Provider } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { adapters } from './adapters';
import type { CommandApiRuntime } from './command-api.settings';
import { CommandBusController } from './commands/command-bus.controller';
import { CommandDesk } from './commands/command-desk';
import { CommandMetrics } from './commands/command-metrics';
import { InstanceCommandHandler } from './commands/instance-command.handler';
import { Connections } from './connections';
import { GetInstanceController } from './instances/get-instance.controller';
import { InstanceTimelineController } from './instances/instance-timeline.controller';
import { ListInstancesController } from './instances/list-instances.controller';
import { RegisterInstance } from './instances/register-instance';
import { RegisterInstanceController } from './instances/register-instance.controller';
import { ReportHealth } from './instances/report-health';
import { ReportHealthController } from './instances/report-health.controller';
import { ReadModel } from './queries/read-model';
import { GetUpgradeController } from './upgrades/get-upgrade.controller';
import { TriggerUpgrade } from './upgrades/trigger-upgrade';
import { TriggerUpgradeController } from './upgrades/trigger-upgrade.controller';

/** Composition root: the one place where doors, handlers and adapters are chosen. */
@Module({
  controllers: [
    CommandBusController,
    RegisterInstanceController,
    ReportHealthController,
    TriggerUpgradeController,
    ListInstancesController,
    GetInstanceController,
    InstanceTimelineController,
    GetUpgradeController,
  ],
})
export class CommandApiModule {
  static for(runtime: CommandApiRuntime): DynamicModule {
    return {
      module: CommandApiModule,
      providers: [...adapters(runtime), ...commands(runtime), ReadModel, Connections],
    };
  }
}

function commands({ metrics, configuration }: CommandApiRuntime): Provider[] {
  const { deadlineAttemptMs } = configuration;
  return [
    { provide: CommandMetrics, useFactory: () => new CommandMetrics(metrics) },
    InstanceCommandHandler,
    CommandDesk,
    RegisterInstance,
    ReportHealth,
    {
      provide: TriggerUpgrade,
      inject: [CommandDesk],
      useFactory: (desk: CommandDesk) =>
        new TriggerUpgrade(desk, { deadlineAttemptMs, now: () => Date.now() }),
    },
  ];
}
