import { Module } from '@nestjs/common';
import { HealthCallbackController } from './health-callback.controller';
import { ImportInstances } from './import-instances';
import { InstanceCommands } from './instance-commands';
import { InstancesController } from './instances.controller';

@Module({
  controllers: [InstancesController, HealthCallbackController],
  providers: [InstanceCommands, ImportInstances],
})
export class InstancesModule {}
