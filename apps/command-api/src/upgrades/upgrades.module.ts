import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { Clock } from '@uplift/runtime';
import type { CommandApiRuntime } from '../command-api.settings';
import { CommandService } from '../commands/command-service';
import { enabledStrategies, UpgradeCommands } from './upgrade-commands';
import { UpgradesController } from './upgrades.controller';

@Module({ controllers: [UpgradesController] })
export class UpgradesModule {
  static for({ configuration }: CommandApiRuntime): DynamicModule {
    const policy = {
      deadlineAttemptMs: configuration.deadlineAttemptMs,
      enabledStrategies: enabledStrategies(configuration),
    };
    const provider = {
      provide: UpgradeCommands,
      inject: [CommandService, Clock],
      useFactory: (commands: CommandService, clock: Clock) =>
        new UpgradeCommands(commands, clock, policy),
    };
    return { module: UpgradesModule, providers: [provider] };
  }
}
