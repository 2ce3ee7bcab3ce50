import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import type { CommandApiRuntime } from '../command-api.settings';
import { HealthCallbackController, HealthCallbackToken } from './health-callback.controller';
import { ImportInstances } from './import-instances';
import { InstanceCommands } from './instance-commands';
import { InstancesController } from './instances.controller';

@Module({
  controllers: [InstancesController, HealthCallbackController],
  providers: [InstanceCommands, ImportInstances],
})
export class InstancesModule {
  static for({ configuration, logger }: CommandApiRuntime): DynamicModule {
    const token = new HealthCallbackToken(configuration.healthCallbackToken);
    if (token.isOpen) {
      logger.warn(
        'health callbacks are open to everybody: UPLIFT_HEALTH_CALLBACK_TOKEN is not set',
      );
    }
    const provider = { provide: HealthCallbackToken, useValue: token };
    return { module: InstancesModule, providers: [provider] };
  }
}
