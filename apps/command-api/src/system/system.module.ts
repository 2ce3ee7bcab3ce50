import { Module } from '@nestjs/common';
import { SystemCommands } from './system-commands';
import { SystemController } from './system.controller';

@Module({ controllers: [SystemController], providers: [SystemCommands] })
export class SystemModule {}
