import { Module } from '@nestjs/common';
import { AcceptStore } from './accept-store';
import { FindingCommands } from './finding-commands';
import { SystemCommands } from './system-commands';
import { SystemController } from './system.controller';

@Module({
  controllers: [SystemController],
  providers: [SystemCommands, FindingCommands, AcceptStore],
})
export class SystemModule {}
