import { Module } from '@nestjs/common';
import { CallbackLimiter } from './callback-limiter';
import { CallbackTokenController, HealthCallbackController } from './health-callback.controller';
import { ImportInstances } from './import-instances';
import { InstanceCommands } from './instance-commands';
import { Registrations } from './registrations';
import { InstancesController } from './instances.controller';

@Module({
  controllers: [InstancesController, CallbackTokenController, HealthCallbackController],
  providers: [InstanceCommands, Registrations, ImportInstances, CallbackLimiter],
})
export class InstancesModule {}
